/** The doctor at a provider and an app that are ill in every way that it knows. */
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { authWith } from "../../test-support/auth.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { type Listening, listen } from "../../test-support/talk.ts";
import { CoatcheckError } from "../core/errors.ts";
import { memory } from "../stores/memory.ts";
import { type Examined, examine, type Finding, formatFindings } from "./examine.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let provider: Listening;
let app: Listening;
/** What the two answer, by path. */
let answers: { [path: string]: Answer } = {};

const json =
  (body: object, status = 200): Answer =>
  (_, response) =>
    void response
      .writeHead(status, { "content-type": "application/json", "cache-control": "no-store" })
      .end(JSON.stringify(body));
const redirect =
  (location: string, cookie?: string): Answer =>
  (_, response) =>
    void response.writeHead(302, { location, ...(cookie === undefined ? {} : { "set-cookie": cookie }) }).end();

const serve: Answer = (request, response) => {
  const answer = answers[new URL(request.url ?? "/", "http://x").pathname];
  if (answer === undefined) response.writeHead(404).end();
  else answer(request, response);
};

before(async () => {
  provider = await listen(serve);
  app = await listen(serve);
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

const issuer = () => `http://127.0.0.1:${provider.port}`;
const origin = () => `http://127.0.0.1:${app.port}`;
const callback = () => `${origin()}/auth/callback`;
const COOKIE = `coatcheck-1.login.${"a".repeat(11)}=v; Path=/; HttpOnly; SameSite=Lax`;

/** All is well. */
beforeEach(() => {
  const metadata = { issuer: issuer(), token_endpoint: `${issuer()}/token`, authorization_endpoint: `${issuer()}/authorize` };
  answers = {
    "/.well-known/openid-configuration": json(metadata),
    "/token": json({ error: "invalid_grant" }, 400),
    "/authorize": redirect(`${callback()}?error=login_required`),
    "/auth/login": redirect(`${issuer()}/authorize?redirect_uri=${encodeURIComponent(callback())}`, COOKIE),
    "/auth/session": json({}, 401),
  };
});

async function found(change: Partial<Examined> = {}): Promise<readonly Finding[]> {
  const clients = [{ name: "default", issuer: issuer(), clientId: "app", clientSecret: "client-canary" }];
  const stores = [{ name: "", open: () => memory(), closes: true }];
  const told = await examine({ origins: [origin()], prefix: "/auth", clients, stores, now: Date.now, ...change });
  assert.equal(JSON.stringify(told).includes("canary"), false);
  return told;
}

const outcomes = (told: readonly Finding[]) => Object.fromEntries(told.map(({ check, outcome }) => [check, outcome]));

test("F-55 doctor: all is well, but for a store that forgets", async () => {
  const told = await found();
  const well = { discovery: "ok", clock: "ok", client: "ok", redirect: "ok", address: "ok", cookie: "ok", proxy: "ok" };
  assert.deepEqual(outcomes(told), { ...well, store: "warn" });
  assert.match(formatFindings(told), /warn {2}store: is in memory: a restart signs everybody out\n {6}Keep sessions/);
  assert.match(formatFindings(told), /\n\nNothing is wrong that can be told from here\.$/);
});

/** What is bent, and what the doctor says of it. */
const ILL: readonly (readonly [title: string, bend: () => void, check: Finding["check"], outcome: string, said: RegExp])[] = [
  [
    "no metadata",
    () => delete answers["/.well-known/openid-configuration"],
    "discovery",
    "fail",
    /answered 404 for its metadata/,
  ],
  [
    "another issuer",
    () => (answers["/.well-known/openid-configuration"] = json({ issuer: "https://other.example" })),
    "discovery",
    "fail",
    /calls itself https:\/\/other\.example.*letter for letter.*Set the issuer to/,
  ],
  [
    "a wrong secret",
    () => (answers["/token"] = json({ error: "invalid_client" }, 401)),
    "client",
    "fail",
    /invalid_client.*Copy the secret/,
  ],
  ["a silent provider", () => (answers["/token"] = json({}, 500)), "client", "unknown", /cannot be told.*500, no error code/],
  [
    "an unregistered address",
    () => (answers["/authorize"] = json({}, 400)),
    "redirect",
    "fail",
    /Register this redirect address.*callback/,
  ],
  ["a page of its own", () => (answers["/authorize"] = json({}, 200)), "redirect", "unknown", /cannot be told/],
  ["another app at the address", () => delete answers["/auth/login"], "address", "fail", /answers 404.*Is it this app/],
  [
    "another publicUrl there",
    () => (answers["/auth/login"] = redirect("https://id.example.com/?redirect_uri=https://x.example/auth/callback", COOKIE)),
    "address",
    "fail",
    /would come back to https:\/\/x\.example.*another publicUrl/,
  ],
  [
    "a lost cookie",
    () => (answers["/auth/login"] = redirect(`${issuer()}/authorize?redirect_uri=${encodeURIComponent(callback())}`)),
    "cookie",
    "fail",
    /does not arrive.*takes Set-Cookie out/,
  ],
  [
    "a rewritten cookie",
    () => {
      const to = `${issuer()}/authorize?redirect_uri=${encodeURIComponent(callback())}`;
      answers["/auth/login"] = redirect(to, `${COOKIE.replace("Path=/;", "Path=/app;")}; Secure; Domain=example.com`);
    },
    "cookie",
    "fail",
    /it has Secure, on http:, its path is not \/, it has a Domain/,
  ],
  [
    "a believed stranger",
    () => {
      answers["/auth/session"] = (request, response) =>
        json({ identity: { subject: request.headers["remote-user"] } })(request, response);
    },
    "proxy",
    "warn",
    /a stranger is believed.*take these headers out/,
  ],
  [
    "a cache in front",
    () => (answers["/auth/session"] = (_, response) => void response.writeHead(401, { "cache-control": "max-age=60" }).end()),
    "proxy",
    "warn",
    /without Cache-Control: no-store.*neither cache/,
  ],
];
for (const [title, bend, check, outcome, said] of ILL) {
  test(`F-55 doctor: ${title} is told, with what to do`, async () => {
    bend();
    const told = await found();
    const about = told.filter((one) => one.check === check && one.outcome === outcome);
    assert.equal(about.length, 1, JSON.stringify(told, null, 1));
    assert.match(`${about[0]?.said} ${about[0]?.remedy ?? ""}`, said);
  });
}

test("F-55 doctor: a clock that is wrong is told, and one that is a little off", async () => {
  const at = async (ahead: number) => (await found({ now: () => Date.now() + ahead })).find(({ check }) => check === "clock");
  const wrong = await at(120_000);
  assert.equal(wrong?.outcome, "fail");
  assert.match(`${wrong?.said} ${wrong?.remedy}`, /1(?:19|2\d) s ahead of the provider .*timedatectl set-ntp true/);
  assert.equal((await at(-15_000))?.outcome, "warn");
});

test("F-55 doctor: nobody at the address, no provider there, and a store that does not answer", async () => {
  await using gone = await listen(serve);
  const nowhere = `http://127.0.0.1:${gone.port}`;
  await gone[Symbol.asyncDispose]();
  const client = { name: "default", issuer: nowhere, clientId: "app" };
  const refusing = () => Promise.reject(new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause: new Error("ECONNREFUSED") }));
  const stores = [{ name: "", open: () => Object.assign(memory(), { mark: refusing }), closes: false }];
  const told = await found({ origins: [nowhere], clients: [client], stores });
  assert.deepEqual(outcomes(told), { discovery: "fail", address: "unknown", store: "fail" });
  assert.match(told.map(({ said }) => said).join("\n"), /cannot be reached: .*ECONNREFUSED[\s\S]*does not answer: /);
});

test("F-55 doctor: an Auth is examined as it was made, and nothing else is taken for one", async () => {
  const { auth } = authWith({ publicUrl: LOOPBACK });
  const told = await examine(auth);
  assert.deepEqual(
    told.filter(({ check }) => check === "store").map(({ outcome }) => outcome),
    ["ok", "warn"],
  );
  await assert.rejects(examine({ ...auth }), TypeError);
  await auth.close();
});
