/** Tokens run out under apps on Express and on `node:http`, over HTTP. */
import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { test } from "node:test";
import framework from "express";
import { authWith } from "../../test-support/auth.ts";
import { nameAndValue } from "../../test-support/cookies.ts";
import { until } from "../../test-support/event-loop.ts";
import { listen, say } from "../../test-support/talk.ts";
import type { AuditEvent } from "../contracts.ts";
import type { Auth } from "../http/auth.ts";
import { type FakeProvider, fakeProvider } from "../testing/fake-provider.ts";
import { type ManualClock, manualClock } from "../testing/manual-clock.ts";
import { coatcheckExpress } from "./express.ts";
import { coatcheckNode } from "./node.ts";

type OurAuth = Auth<Record<string, unknown>>;

const LIFETIME = 300_000;
const PAGE = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none" };

/** `/me` for authenticated users, `/token` shows the access token. */
const onExpress = (auth: OurAuth): RequestListener => {
  const web = coatcheckExpress(auth);
  const app = framework();
  app.set("env", "test");
  app.use(web.session(), web.routes());
  app.get("/me", web.requireUser(), (request, response) => void response.send(web.of(request).identity?.subject));
  app.get("/token", web.requireUser(), async (request, response) => {
    response.send(await web.of(request).accessToken());
  });
  app.use(web.errors());
  return app;
};

const onNode = (auth: OurAuth): RequestListener =>
  coatcheckNode(auth).userHandler(async (request, response, session) => {
    response.end(request.url === "/token" ? await session.accessToken() : session.identity.subject);
  });

interface Site extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly provider: FakeProvider;
  readonly events: readonly AuditEvent[];
  /** Signs in, and answers the `Cookie` of the browser. */
  signIn(): Promise<string>;
  get(path: string, cookie: string): ReturnType<typeof say>;
  refreshes(): number;
}

async function site(build: (auth: OurAuth) => RequestListener, policy: "keep-in-step" | "on-demand"): Promise<Site> {
  const clock = manualClock();
  const provider = fakeProvider({ users: [{ subject: "alice" }], clock, tokenLifetime: LIFETIME });
  const { auth, events } = authWith<Record<string, unknown>>({ clock, provider, refresh: { policy } });
  const server = await listen(build(auth));
  const get = (path: string, cookie: string) =>
    say(server.port, path, { headers: { host: "app.example.com", ...(cookie === "" ? {} : { cookie }) } });
  return {
    clock,
    provider,
    events,
    get,
    refreshes: () => provider.calls.filter(({ kind }) => kind === "refresh").length,
    async signIn() {
      const page = (path: string, cookie = "") =>
        say(server.port, path, { headers: { host: "app.example.com", ...PAGE, ...(cookie === "" ? {} : { cookie }) } });
      const begun = await page("/auth/login");
      const { pathname, search } = new URL(provider.approve(String(begun.headers.location)));
      const landed = await page(pathname + search, nameAndValue(begun.cookies[0]));
      assert.equal(landed.status, 303, landed.text);
      return nameAndValue(landed.cookies.find((line) => line.startsWith("__Host-Http-coatcheck=")));
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await auth.close();
    },
  };
}

/** Answers of the provider wait until `release`. */
function held(provider: FakeProvider): () => void {
  const opened = Promise.withResolvers<void>();
  provider.hold = opened.promise;
  return () => {
    provider.hold = null;
    opened.resolve();
  };
}

const ADAPTERS: readonly (readonly [name: string, build: (auth: OurAuth) => RequestListener])[] = [
  ["express", onExpress],
  ["node", onNode],
];

for (const [name, build] of ADAPTERS) {
  test(`S-17, RF-01 50 parallel requests on an expired token: one refresh, 50 answers, on ${name}`, async () => {
    await using here = await site(build, "keep-in-step");
    const cookie = await here.signIn();
    here.clock.advance(LIFETIME + 1);
    const release = held(here.provider);
    const asked = Promise.all(Array.from({ length: 50 }, () => here.get("/me", cookie)));
    await until(() => here.refreshes() > 0);
    release();
    for (const { status, text, cookies } of await asked) assert.deepEqual([status, text, cookies], [200, "alice", []]);
    assert.equal(here.refreshes(), 1);
  });

  test(`S-17, RF-01 accessToken() in 50 handlers at once: one refresh, one new token for all, on ${name}`, async () => {
    await using here = await site(build, "on-demand");
    const cookie = await here.signIn();
    const old = (await here.get("/token", cookie)).text;
    here.clock.advance(LIFETIME + 1);
    assert.equal((await here.get("/me", cookie)).status, 200);
    assert.equal(here.refreshes(), 0, "nobody needed the token");
    const release = held(here.provider);
    const asked = Promise.all(Array.from({ length: 50 }, () => here.get("/token", cookie)));
    await until(() => here.refreshes() > 0);
    release();
    const answers = await asked;
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    const tokens = new Set(answers.map(({ text }) => text));
    assert.deepEqual([tokens.size, tokens.has(old), here.refreshes()], [1, false, 1]);
  });

  test(`S-05, RF-05 the provider is down: 503 if the token is needed, and a refusal is 401, on ${name}`, async () => {
    await using here = await site(build, "keep-in-step");
    const cookie = await here.signIn();
    here.clock.advance(LIFETIME + 1);
    here.provider.fail = "down";
    assert.equal((await here.get("/me", cookie)).status, 200);
    const { status, headers, cookies } = await here.get("/token", cookie);
    assert.deepEqual([status, Number(headers["retry-after"]) > 0, cookies], [503, true, []]);
    here.provider.fail = "refuse";
    here.clock.advance(61_000);
    assert.deepEqual([(await here.get("/token", cookie)).status, (await here.get("/me", cookie)).status], [401, 401]);
    assert.equal(here.events.filter((event) => event.name === "session.ended").length, 1);
  });
}
