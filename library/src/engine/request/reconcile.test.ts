import assert from "node:assert/strict";
import { createServer, request as httpRequest } from "node:http";
import { after, before, test } from "node:test";
import { idOf, nameAndValue } from "../../../test-support/cookies.ts";
import { engineOf } from "../../../test-support/engine/inside.ts";
import { ORIGIN, SECRET } from "../../../test-support/origin.ts";
import { assertedUser } from "../../../test-support/proxy-reader.ts";
import { NAVIGATION, requestWith } from "../../../test-support/requests.ts";
import { onFreePort } from "../../../test-support/talk.ts";
import { coatcheckNode } from "../../adapters/node.ts";
import type { AuditEvent, Identity, JsonObject, ProxyReader, SessionStore, Strategy } from "../../contracts.ts";
import { unavailable } from "../../core/errors.ts";
import type { Auth } from "../../http/auth.ts";
import { coatcheck } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import type { Known } from "./authenticate/resolver.ts";

// Who is who: `owner a` and `owner b` are what the app's look-up returns for A and B.
const identity = (subject: string): Identity => assertedUser(subject, { name: subject });

/** A reader that says what the header tells it to: the table is about what becomes of it. */
const reader: ProxyReader = {
  headers: ["x-user"],
  read(request) {
    const said = request.header("x-user");
    switch (said) {
      case undefined:
        return { kind: "absent" };
      case "from an untrusted peer":
        return { kind: "stripped", reason: "peer" };
      case "malformed":
        return { kind: "malformed", reason: "user" };
      case "does not verify":
        return { kind: "invalid", cause: new Error("signature") };
      case "keys cannot be had":
        return { kind: "unavailable", cause: new Error("keys") };
      default:
        return { kind: "asserted", identity: identity(said) };
    }
  },
};

const credential = (name: string, scheme: string): Strategy => ({
  name,
  ambient: false,
  presented: (request) => request.header("authorization")?.startsWith(`${scheme} `) ?? false,
  examine({ request, now }) {
    const value = request.header("authorization")?.slice(scheme.length + 1) ?? "";
    if (value !== "C") return { kind: "refuse", status: 401, code: "ERR_INVALID_CREDENTIAL", challenge: scheme };
    const who = { issuer: name, subject: "C", claims: {}, authenticatedAt: now, method: name };
    return { kind: "principal", principal: { identity: who, owner: `${name} C`, ambient: false } };
  },
});

const BY = ["nobody", "bearer", "custom", "an invalid bearer"] as const;
const HEADERS = ["absent", "from an untrusted peer", "malformed", "does not verify", "keys cannot be had", "A"] as const;
const LOOKUPS = ["known", "unknown", "blocked", "fails"] as const;
const SESSIONS = ["none", "A's", "A's from the proxy", "B's", "B's from the proxy", "anonymous with data", "ended"] as const;
const HANDLERS = ["neither", "writes the cookie", "fails"] as const;
const REQUESTS = ["navigation", "fetch"] as const;

interface Case {
  readonly by: (typeof BY)[number];
  readonly header: (typeof HEADERS)[number];
  readonly lookup: (typeof LOOKUPS)[number];
  readonly session: (typeof SESSIONS)[number];
  readonly handler: (typeof HANDLERS)[number];
  readonly request: (typeof REQUESTS)[number];
}

/** What the written policy (docs/design.md §3) says of a case. */
interface Expected {
  readonly status: number;
  /** Whom the handler sees; `undefined`: it does not run. */
  readonly served: string | null | undefined;
  /** Why the presented session is over afterwards, `null` while it lives. */
  readonly ended: string | null;
  readonly cookie: "set" | "clear" | "keep" | "the handler's";
  readonly stored: number;
  readonly data: JsonObject;
}

const UNTOUCHED = { ended: null, cookie: "keep", stored: 0, data: {} } as const;

function policy(of: Case): Expected {
  if (of.by === "an invalid bearer") return { ...UNTOUCHED, status: 401, served: undefined };
  if (of.by !== "nobody") return answered(of, { ...UNTOUCHED, served: "C" });
  switch (of.header) {
    case "malformed":
      return { ...UNTOUCHED, status: 400, served: undefined };
    case "does not verify":
      return { ...UNTOUCHED, status: 401, served: undefined };
    case "keys cannot be had":
      return { ...UNTOUCHED, status: 503, served: undefined };
    case "absent":
    case "from an untrusted peer":
      return withoutUser(of);
    case "A":
      return withUser(of);
  }
}

function withoutUser(of: Case): Expected {
  const cleared = of.session === "ended" && of.request === "navigation" ? "clear" : "keep";
  const served = { "A's": "A", "B's": "B" }[String(of.session)] ?? null;
  const data: JsonObject = of.session === "A's" ? { of: "A" } : of.session === "B's" ? { of: "B" } : {};
  const seen = of.session === "anonymous with data" ? { of: "nobody" } : data;
  return answered(of, { ...UNTOUCHED, cookie: cleared, served, data: seen });
}

function withUser(of: Case): Expected {
  const live = of.session !== "none" && of.session !== "ended";
  if (of.lookup === "fails") return { ...UNTOUCHED, status: 503, served: undefined };
  if (of.lookup === "blocked") {
    const dead = live || of.session === "ended";
    const cookie = dead && of.request === "navigation" ? "clear" : "keep";
    return { ...UNTOUCHED, status: 403, served: undefined, ended: live ? "admin" : null, cookie };
  }
  if (of.lookup === "unknown") {
    const ended = live ? "identity-changed" : null;
    const dead = live || of.session === "ended";
    return answered(of, { ...UNTOUCHED, ended, served: null, cookie: dead && of.request === "navigation" ? "clear" : "keep" });
  }
  if (of.session === "A's" || of.session === "A's from the proxy") {
    return answered(of, { ...UNTOUCHED, served: "A", data: { of: "A" } });
  }
  const another = of.session === "B's" || of.session === "B's from the proxy";
  const anonymous = of.session === "anonymous with data";
  const stores = of.request === "navigation" && of.handler === "neither";
  return answered(of, {
    served: "A",
    ended: another ? "identity-changed" : anonymous && stores ? "replaced" : null,
    cookie: stores ? "set" : "keep",
    stored: stores ? 1 : 0,
    data: anonymous ? { of: "nobody" } : {},
  });
}

/** The handler ran: its own failure is the status, and its own cookie stands alone. */
function answered(of: Case, expected: Omit<Expected, "status">): Expected {
  if (of.handler === "writes the cookie") return { ...expected, status: 200, cookie: "the handler's", stored: 0 };
  if (of.handler === "neither") return { ...expected, status: 200 };
  const { cookie } = expected;
  return { ...expected, status: 500, cookie: cookie === "set" ? "keep" : cookie };
}

function* cases(): Generator<Case> {
  for (const by of BY)
    for (const header of HEADERS)
      for (const lookup of LOOKUPS)
        for (const session of SESSIONS)
          for (const handler of HANDLERS) for (const request of REQUESTS) yield { by, header, lookup, session, handler, request };
}

const clock = manualClock();
const events: AuditEvent[] = [];
let store: SessionStore;
let auth: Auth<JsonObject>;
let port = 0;
let lookup: Case["lookup"] = "known";
let close = async (): Promise<void> => undefined;

before(async () => {
  store = memory();
  auth = coatcheck<JsonObject>({
    publicUrl: ORIGIN,
    secrets: SECRET,
    store,
    clock,
    strategies: [credential("bearer", "Bearer"), credential("custom", "Custom")],
    proxy: { reader, resolve: ({ subject }) => known(subject) },
    on: (event) => void events.push(event),
  });
  const server = createServer(
    coatcheckNode(auth).handler((message, response, session) => {
      if (message.headers["x-handler"] === "writes the cookie")
        response.setHeader("set-cookie", "__Host-Http-coatcheck=mine; Path=/");
      response.statusCode = message.headers["x-handler"] === "fails" ? 500 : 200;
      response.end(JSON.stringify({ who: session.identity?.subject ?? null, owner: session.owner, data: session.data }));
    }),
  );
  port = await onFreePort(server);
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await auth.close();
  };
});
after(() => close());

function known(subject: string): Known {
  if (lookup === "fails") unavailable(new Error("the user table is away"));
  if (lookup === "blocked") return { blocked: true };
  return lookup === "unknown" ? null : { owner: `owner ${subject.toLowerCase()}` };
}

/** A session as the case wants it, made through the engine as every other; its cookie and its id. */
async function sessionOf(kind: Case["session"]): Promise<{ readonly cookie: string; readonly id: string } | null> {
  if (kind === "none") return null;
  const subject = kind.startsWith("B") ? "B" : "A";
  const fromProxy = kind.endsWith("from the proxy");
  const said = lookup;
  lookup = "known";
  const headers: Record<string, string> = fromProxy ? { ...NAVIGATION, "x-user": subject } : {};
  const exchange = await engineOf(auth).open(requestWith(headers));
  await exchange.admit({ require: "none" });
  if (kind === "anonymous with data") exchange.session.set({ of: "nobody" });
  else if (!fromProxy) {
    // The look-up's owner, as the sign-on of the app itself would have it.
    exchange.record((draft) => ({
      ...draft,
      login: {
        identity: { ...identity(subject), issuer: "app", method: "app" },
        owner: `owner ${subject.toLowerCase()}`,
        fresh: false,
        tokens: null,
        provider: null,
        sid: null,
        issuedAt: null,
      },
    }));
  }
  if (kind !== "anonymous with data") exchange.session.set({ of: subject });
  const { cookies } = await exchange.settle(200);
  lookup = said;
  const cookie = nameAndValue(cookies[0]);
  const id = idOf(cookie);
  if (kind === "ended") await store.end({ id }, "logout", clock.now());
  return { cookie, id };
}

interface Answer {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly body: string;
}

function send(headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, host: "127.0.0.1", headers: { host: new URL(ORIGIN).host, ...headers } }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, cookies: response.headers["set-cookie"] ?? [], body }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

async function played(one: Case): Promise<Expected> {
  const session = await sessionOf(one.session);
  lookup = one.lookup;
  for (const subject of ["A", "B"]) auth.forget({ issuer: "proxy:test", subject });
  events.length = 0;
  const answer = await send({
    ...(session === null ? {} : { cookie: session.cookie }),
    ...(one.header === "absent" ? {} : { "x-user": one.header }),
    // Each case is a browser of its own: first visits of one at the same moment are one.
    "user-agent": JSON.stringify(one),
    ...(one.by === "nobody"
      ? {}
      : { authorization: one.by === "custom" ? "Custom C" : `Bearer ${one.by === "bearer" ? "C" : "D"}` }),
    ...(one.request === "navigation" ? NAVIGATION : { accept: "*/*" }),
    "x-handler": one.handler,
  });
  const ran = answer.body.startsWith('{"who"');
  const said: { readonly who: string | null; readonly data: JsonObject } = ran
    ? JSON.parse(answer.body)
    : { who: null, data: {} };
  const row = session === null ? undefined : await store.get(session.id);
  return {
    status: answer.status,
    served: ran ? said.who : undefined,
    ended: one.session === "ended" ? null : (row?.reason ?? null),
    cookie: cookieChange(answer.cookies),
    stored: events.filter(({ name }) => name === "session.created").length,
    data: said.data,
  };
}

function cookieChange(cookies: readonly string[]): Expected["cookie"] {
  if (cookies.length === 0) return "keep";
  if (cookies.some((line) => line.startsWith("__Host-Http-coatcheck=mine")))
    return cookies.length === 1 ? "the handler's" : "set";
  return cookies.some((line) => line.includes("Max-Age=0")) ? "clear" : "set";
}

for (const header of HEADERS) {
  test(`S-29 S-30 S-31 S-32 S-33 S-34 TP-04 the table of docs/design.md §3 over HTTP, header ${header}`, async () => {
    let count = 0;
    for (const one of cases()) {
      if (one.header !== header) continue;
      assert.deepEqual(await played(one), policy(one), JSON.stringify(one));
      count += 1;
    }
    assert.equal(count, BY.length * LOOKUPS.length * SESSIONS.length * HANDLERS.length * REQUESTS.length);
  });
}
