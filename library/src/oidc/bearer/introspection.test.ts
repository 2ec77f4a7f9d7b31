import assert from "node:assert/strict";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { after, afterEach, test } from "node:test";
import fc from "fast-check";
import { onFreePort } from "../../../test-support/talk.ts";
import type { TokenVerdict, TokenVerifier } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { mintTicket } from "../../crypto/ticket.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { BoundedCache } from "../http/bounded-cache.ts";
import type { Introspection } from "./introspection.ts";
import { introspectionVerifier } from "./introspection.ts";

const API = "https://api.example.com";
const clock = manualClock(1_800_000_000_000);
const seconds = () => Math.floor(clock.now() / 1_000);

type Json = { readonly [name: string]: unknown };
interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: URLSearchParams;
}

/** A provider's introspection endpoint over real HTTP; `answer` is how it answers. */
const journal: Asked[] = [];
const honest = (): Json => ({
  active: true,
  sub: "alice",
  client_id: "cli",
  token_type: "Bearer",
  aud: API,
  scope: "read write",
  iat: seconds(),
  exp: seconds() + 3_600,
});
const json =
  (body: unknown, status = 200) =>
  (response: ServerResponse) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
let answer: (response: ServerResponse) => void;
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const path = request.url ?? "/";
  journal.push({ path, headers: request.headers, form: new URLSearchParams(Buffer.concat(chunks).toString()) });
  if (path === "/.well-known/openid-configuration")
    json({ issuer: origin, introspection_endpoint: `${origin}/introspect` })(response);
  else answer(response);
});
const origin = `http://127.0.0.1:${await onFreePort(server)}`;
const open: TokenVerifier[] = [];
after(() => {
  server.close();
  server.closeAllConnections();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close?.();
  reset();
});

function reset(): void {
  journal.length = 0;
  answer = (response) => json(honest())(response);
}
reset();

function verifier(more: Partial<Introspection> = {}): TokenVerifier {
  const given = { issuer: origin, endpoint: `${origin}/introspect`, clientId: "api", clientSecret: "secret", audience: API };
  const made = introspectionVerifier({ ...given, ...more }, { clock });
  open.push(made);
  return made;
}

let count = 0;
/** A token that was not asked about yet. */
const fresh = (): string => `opaque-${count++}`;

/** What a verifier says of a new token that the provider answers about like this. */
async function verdictFor(body: unknown, more: Partial<Introspection> = {}): Promise<TokenVerdict> {
  answer = json(body);
  return verifier(more).verify(fresh());
}

test("S-64 a secret that was exchanged authenticates the next question", async () => {
  let clientSecret = "old";
  const one = verifier({ clientSecret: () => clientSecret });
  answer = json({ active: false });
  for (const secret of ["old", "new"]) {
    clientSecret = secret;
    await one.verify(fresh());
    const basic = Buffer.from(journal.at(-1)?.headers.authorization?.replace("Basic ", "") ?? "", "base64").toString();
    assert.equal(basic, `api:${secret}`);
  }
});

test("AD-05 an active token is whom the provider names; the request is authenticated, a form in the body", async () => {
  const one = verifier({ clientId: "a:b c", clientSecret: "p%/ü" });
  const verdict = await one.verify("the-token");
  assert.deepEqual(verdict, {
    kind: "valid",
    identity: {
      issuer: origin,
      subject: "alice",
      claims: { sub: "alice", client_id: "cli", scope: "read write" },
      authenticatedAt: clock.now(),
      method: "bearer",
    },
    expires: (seconds() + 3_600) * 1_000,
    scope: "read write",
  });
  const [asked] = journal;
  assert.equal(asked?.path, "/introspect");
  assert.equal(asked.form.get("token"), "the-token");
  const basic = Buffer.from(asked.headers.authorization?.replace("Basic ", "") ?? "", "base64").toString();
  assert.equal(basic, "a%3Ab+c:p%25%2F%C3%BC");
  assert.equal(asked.form.has("client_secret"), false);
  await verifier({ clientAuthentication: "client_secret_post" }).verify(fresh());
  assert.equal(journal[1]?.headers.authorization, undefined);
  assert.deepEqual([journal[1]?.form.get("client_id"), journal[1]?.form.get("client_secret")], ["api", "secret"]);
});

test("AD-05 only a boolean true is active, and what the answer says has to fit", async () => {
  const now = seconds();
  const table: readonly (readonly [name: string, reason: string, change: Json])[] = [
    ["inactive", "inactive", { active: false }],
    ["active as text", "inactive", { active: "true" }],
    ["active as a number", "inactive", { active: 1 }],
    ["no active", "inactive", { active: undefined }],
    ["another issuer", "iss", { iss: "https://evil.example" }],
    ["for others", "aud", { aud: "https://other.example.com" }],
    ["for no audience", "aud", { aud: undefined }],
    ["audiences that are no texts", "aud", { aud: [API, 1] }],
    ["expired", "exp", { exp: now - 30 }],
    ["exp as text", "exp", { exp: String(now + 60) }],
    ["not valid yet", "nbf", { nbf: now + 31 }],
    ["from the future", "iat", { iat: now + 31 }],
    ["of no subject", "sub", { sub: undefined }],
    ["another type", "token_type", { token_type: "DPoP" }],
    ["bound to a key", "cnf", { cnf: { jkt: "x" } }],
  ];
  for (const [name, reason, change] of table)
    assert.deepEqual(await verdictFor({ ...honest(), ...change }), { kind: "invalid", reason }, name);
  assert.deepEqual(await verdictFor({ active: false }), { kind: "invalid", reason: "inactive" });
  for (const change of [{ iss: origin }, { aud: ["x", API] }, { exp: undefined }, { exp: now - 29 }, { token_type: "bearer" }])
    assert.equal((await verdictFor({ ...honest(), ...change })).kind, "valid", JSON.stringify(change));
});

test("A-25 without a configured audience only tokens that name none count", async () => {
  const { audience: _, ...given } = {
    issuer: origin,
    endpoint: `${origin}/introspect`,
    clientId: "api",
    clientSecret: "secret",
    audience: "",
  };
  const one = introspectionVerifier(given, { clock });
  assert.deepEqual(await one.verify(fresh()), { kind: "invalid", reason: "aud" });
  answer = json({ ...honest(), aud: undefined });
  assert.equal((await one.verify(fresh())).kind, "valid");
});

test("AD-05 an answer that is none says nothing about the token: unavailable, not kept, and asked again", async () => {
  const answers: readonly (readonly [name: string, answer: (response: ServerResponse) => void])[] = [
    ["our client is refused", json({ error: "invalid_client" }, 401)],
    ["400", json({ error: "invalid_request" }, 400)],
    ["500", json({ active: true, sub: "alice" }, 500)],
    ["429", json({}, 429)],
    ["a page", (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Welcome</h1>")],
    ["a page that says JSON", (response) => void response.writeHead(200, { "content-type": "application/json" }).end("<h1>")],
    ["a list", json([honest()])],
    ["null", json(null)],
    ["nothing", (response) => void response.writeHead(204).end()],
    ["a redirect", (response) => void response.writeHead(302, { location: `${origin}/elsewhere` }).end()],
    ["too much", json({ ...honest(), more: "x".repeat(70_000) })],
    ["a cut connection", (response) => void response.destroy()],
  ];
  for (const [name, given] of answers) {
    const one = verifier();
    const token = fresh();
    answer = given;
    assert.equal((await one.verify(token)).kind, "unavailable", name);
    reset();
    assert.equal((await one.verify(token)).kind, "valid", name);
    assert.equal(journal.filter(({ path }) => path !== "/introspect").length, 0, name);
  }
});

test("AD-05 a connection that was cut is tried again once", async () => {
  answer = (response) => {
    reset();
    response.destroy();
  };
  assert.equal((await verifier().verify(fresh())).kind, "valid");
  answer = (response) => void response.destroy();
  assert.equal((await verifier().verify(fresh())).kind, "unavailable");
  assert.equal(journal.length, 3);
});

test("AD-05 Retry-After of the provider is passed on", async () => {
  answer = (response) => void response.writeHead(503, { "retry-after": "11" }).end();
  const verdict = await verifier().verify(fresh());
  assert.equal(verdict.kind === "unavailable" && verdict.retryAfter, 11_000);
});

test("AD-05 a provider that does not answer is given up after the limit", async () => {
  const arrived = Promise.withResolvers<void>();
  answer = () => arrived.resolve();
  const verdict = verifier({ timeout: 2_000 }).verify(fresh());
  await arrived.promise;
  clock.advance(2_000);
  assert.equal((await verdict).kind, "unavailable");
});

test("AD-05 closing gives up what is waited for", async () => {
  const arrived = Promise.withResolvers<void>();
  answer = () => arrived.resolve();
  const one = verifier();
  const verdict = one.verify(fresh());
  await arrived.promise;
  await one.close?.();
  assert.equal((await verdict).kind, "unavailable");
});

test("A-21 a positive answer is kept for the whole token, for a bounded time, and never past its end", async () => {
  const one = verifier({ cacheFor: 30_000 });
  const token = fresh();
  await one.verify(token);
  assert.equal((await one.verify(token)).kind, "valid");
  assert.equal(journal.length, 1);
  answer = json({ active: false });
  assert.equal((await one.verify(`${token}x`)).kind, "invalid", "a longer token is another");
  assert.equal((await one.verify(token.slice(0, -1))).kind, "invalid", "and so is a shorter one");
  clock.advance(29_999);
  assert.equal((await one.verify(token)).kind, "valid");
  clock.advance(1);
  assert.equal((await one.verify(token)).kind, "invalid", "a revoked token dies with what was kept");

  const brief = fresh();
  answer = json({ ...honest(), exp: seconds() + 10 });
  assert.equal((await one.verify(brief)).kind, "valid");
  answer = json({ active: false });
  clock.advance(9_999);
  assert.equal((await one.verify(brief)).kind, "valid");
  clock.advance(1);
  assert.equal((await one.verify(brief)).kind, "invalid", "at exp it is asked for again");
});

test("A-21 a wall clock that jumps past the end ends what was kept; one that jumps back prolongs nothing", async () => {
  const one = verifier({ cacheFor: 30_000 });
  const start = clock.now();
  const token = fresh();
  await one.verify(token);
  clock.setNow(start + 3_600_000);
  answer = json({ active: false });
  assert.equal((await one.verify(token)).kind, "invalid");
  clock.setNow(start);
  reset();
  const other = fresh();
  await one.verify(other);
  clock.setNow(start - 3_600_000);
  answer = json({ active: false });
  clock.advance(30_000);
  assert.equal((await one.verify(other)).kind, "invalid");
  clock.setNow(start);
  answer = json({ ...honest(), exp: seconds() + 10 });
  const brief = fresh();
  await one.verify(brief);
  clock.setNow(start - 3_600_000);
  answer = json({ active: false });
  clock.advance(10_000);
  assert.equal((await one.verify(brief)).kind, "invalid");
  clock.setNow(start);
});

test("A-21 a negative answer is kept for five seconds", async () => {
  answer = json({ active: false });
  const one = verifier();
  const token = fresh();
  await one.verify(token);
  await one.verify(token);
  assert.equal(journal.length, 1);
  clock.advance(5_000);
  reset();
  assert.equal((await one.verify(token)).kind, "valid");
});

test("A-21 cacheFor 0 asks each time", async () => {
  const one = verifier({ cacheFor: 0 });
  const token = fresh();
  await one.verify(token);
  clock.advance(1);
  await one.verify(token);
  assert.equal(journal.length, 2);
});

test("A-25 the positive answer of one audience is of no use for another", async () => {
  const token = fresh();
  const mine = verifier();
  const other = verifier({ audience: "https://other.example.com" });
  assert.equal((await mine.verify(token)).kind, "valid");
  assert.deepEqual(await other.verify(token), { kind: "invalid", reason: "aud" });
  assert.equal((await mine.verify(token)).kind, "valid");
  const narrow = verifier({ requiredScope: "admin" });
  assert.deepEqual(await narrow.verify(token), { kind: "insufficient", scope: "admin" });
});

test("A-21 who asks about the same token at once shares a request, and others do not", async () => {
  const one = verifier();
  const [a, b] = [fresh(), fresh()];
  const asked = [...Array.from({ length: 20 }, () => one.verify(a)), one.verify(b)];
  const verdicts = await Promise.all(asked);
  assert.ok(verdicts.every(({ kind }) => kind === "valid"));
  assert.deepEqual(journal.map(({ form }) => form.get("token")).sort(), [a, b].sort());
});

test("A-21 a crowd of tokens waits in no endless queue", async () => {
  const all = Promise.withResolvers<void>();
  const held: ServerResponse[] = [];
  answer = (response) => {
    held.push(response);
    if (held.length === 128) all.resolve();
  };
  const one = verifier();
  const waiting = Array.from({ length: 128 }, () => one.verify(fresh()));
  await all.promise;
  const verdict = await one.verify(fresh());
  assert.equal(verdict.kind === "unavailable" && verdict.retryAfter, 1_000);
  for (const response of held) json(honest())(response);
  assert.ok((await Promise.all(waiting)).every(({ kind }) => kind === "valid"));
  reset();
  assert.equal((await one.verify(fresh())).kind, "valid");
});

test("A-21 guessing drives no good answer out of what is kept", async () => {
  const one = verifier({ maxCached: 2 });
  const token = fresh();
  await one.verify(token);
  answer = json({ active: false });
  for (let guess = 0; guess < 5; guess++) await one.verify(fresh());
  assert.equal((await one.verify(token)).kind, "valid");
});

test("A-21 what is kept is bounded, and the longest unused goes first", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 9 }))),
      (most, steps) => {
        const kept = new BoundedCache<number>(most, clock);
        let model: readonly number[] = [];
        for (const [write, key] of steps) {
          const there = model.includes(key);
          if (write) kept.set(String(key), key, 1_000);
          else assert.equal(kept.get(String(key)), there ? key : undefined);
          if (write || there) model = [...model.filter((one) => one !== key), key].slice(-most);
          assert.equal(kept.size, model.length);
        }
      },
    ),
  );
  const kept = new BoundedCache<number>(2, clock);
  kept.set("a", 1, 10);
  kept.set("b", 1, 0);
  assert.equal(kept.size, 1);
  clock.advance(10);
  assert.equal(kept.get("a"), undefined);
});

test("A-36 our own tickets are not sent to the provider, by any caller that shows them as a bearer", () => {
  const one = verifier();
  const { ticket } = mintTicket(systemEntropy, clock.now());
  assert.equal(one.reads(ticket), false);
  assert.equal(one.reads("opaque"), true);
  assert.equal(one.reads("a".repeat(16_385)), false);
});

test("DK-02 the endpoint is found by discovery, once", async () => {
  const { endpoint: _, ...given } = { issuer: origin, endpoint: "", clientId: "api", clientSecret: "secret", audience: API };
  const one = introspectionVerifier(given, { clock });
  for (const token of [fresh(), fresh()]) assert.equal((await one.verify(token)).kind, "valid");
  assert.deepEqual(
    journal.map(({ path }) => path),
    ["/.well-known/openid-configuration", "/introspect", "/introspect"],
  );
});

test("AD-05 owner says whose a token is; what it throws is an outage", async () => {
  const one = verifier({ owner: ({ subject }) => `user-${subject}` });
  const verdict = await one.verify(fresh());
  assert.equal(verdict.kind === "valid" && verdict.owner, "user-alice");
  const thrower = (): string => {
    throw new Error("down");
  };
  assert.equal((await verifier({ owner: thrower }).verify(fresh())).kind, "unavailable");
});

test("a configuration that cannot be used is refused with its key", () => {
  const table: readonly (readonly [key: string, change: Partial<Introspection>])[] = [
    ["issuer", { issuer: "id" }],
    ["endpoint", { endpoint: "http://example.com/introspect" }],
    ["clientId", { clientId: "" }],
    ["clientSecret", { clientSecret: "" }],
    ["clientAuthentication", { clientAuthentication: JSON.parse('"none"') }],
    ["audience", { audience: [""] }],
    ["cacheFor", { cacheFor: 300_001 }],
    ["maxCached", { maxCached: 0 }],
    ["requiredScope", { requiredScope: '"' }],
  ];
  for (const [key, change] of table) {
    const expected = (error: unknown) =>
      error instanceof CoatcheckError && error.code === "ERR_CONFIG" && error.message.startsWith(`bearer.introspection.${key} `);
    assert.throws(() => verifier(change), expected, key);
  }
});
