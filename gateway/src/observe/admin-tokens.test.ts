import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { decodeJwt } from "jose";
import { sessionIdOf } from "../../test-support/browser.ts";
import type { FullGateway } from "../../test-support/full-gateway.ts";
import { SCRIPT, startFullGateway } from "../../test-support/full-gateway.ts";
import type { Answered } from "../../test-support/talk.ts";

const TOKEN = "a-token-of-the-operators";
const AUDIENCES = [
  { name: "api", scope: "jobs:read jobs:write", family: "1d" },
  { name: "agent", scope: "jobs:read" },
];
const TOKENS = {
  audiences: AUDIENCES,
  accept: ["api", "agent"],
  personal: { maxPerUser: 2, lifetime: "90d" },
  allow: [{ kinds: ["agent"] }, { groups: ["staff"] }],
};
let gateway: FullGateway;

before(async () => {
  gateway = await startFullGateway({
    config: { admin: { listen: "127.0.0.1:0", token: TOKEN }, tokens: TOKENS },
  });
});
after(() => gateway[Symbol.asyncDispose]());

const allowed = (path: string, method = "GET", body?: string): Promise<Answered> =>
  gateway.admin(path, { method, headers: { authorization: `Bearer ${TOKEN}` }, ...(body === undefined ? {} : { body }) });
const issue = (request: object): Promise<Answered> => allowed("/tokens", "POST", JSON.stringify(request));
const statusWith = async (token: string): Promise<number> =>
  (await gateway.ask("/a", { headers: { ...SCRIPT, authorization: `Bearer ${token}` } })).status;

test("S-58 the admin API issues, lists and revokes tokens, without a browser", async () => {
  const { status, text, headers } = await issue({ subject: "runner-7", audience: "api", scope: "jobs:read", lifetime: "30m" });
  assert.deepEqual([status, headers["content-type"], headers["cache-control"]], [201, "application/json", "no-store"]);
  const { id, accessToken, expiresIn, scope } = JSON.parse(text);
  assert.deepEqual([expiresIn, scope], [1_800_000, "jobs:read"]);
  assert.equal(await statusWith(accessToken), 200);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-user"], "runner-7");
  const owner = encodeURIComponent("https://app.example.com runner-7");
  const listed = await allowed(`/tokens?owner=${owner}`);
  const [token, ...others] = JSON.parse(listed.text).tokens;
  assert.deepEqual([token.id, token.audience, token.subject, others], [id, "api", "runner-7", []]);
  assert.ok(!listed.text.includes(accessToken));
  assert.deepEqual([(await allowed(`/tokens/${id}`, "DELETE")).status, await statusWith(accessToken)], [204, 401]);
  assert.deepEqual(
    [(await allowed(`/tokens/${id}`, "DELETE")).status, (await allowed(`/tokens?owner=${owner}`)).text],
    [404, '{"tokens":[]}\n'],
  );
});

test("S-58 a person's token ends with their sessions; a refresh token comes with it if that is asked for", async () => {
  const request = { subject: { issuer: "test", subject: "ada" }, audience: "api", refreshable: true, client: "cli" };
  const { accessToken, refreshToken, endsAt } = JSON.parse((await issue(request)).text);
  assert.ok(typeof refreshToken === "string" && endsAt > Date.now() + 80_000_000);
  assert.equal(await statusWith(accessToken), 200);
  await allowed("/sessions?issuer=test&subject=ada", "DELETE");
  assert.equal(await statusWith(accessToken), 401);
  assert.ok(![...gateway.log].join("").includes(accessToken));
});

test("S-58 an agent's token hangs on the session that is parent, is the person's, and ends with it", async () => {
  const cookie = await gateway.signIn("bea", { groups: ["staff"] });
  const parent = sessionIdOf(cookie);
  const request = { subject: "agent-7", audience: "agent", scope: "jobs:read", parent };
  const made = await issue(request);
  const { id, accessToken } = JSON.parse(made.text);
  assert.deepEqual([made.status, decodeJwt(accessToken)["act"]], [201, { sub: "agent-7" }]);
  assert.equal(await statusWith(accessToken), 200);
  const { headers: seen } = gateway.seen.at(-1) ?? assert.fail();
  assert.deepEqual([seen["x-auth-request-user"], seen["x-auth-request-groups"]], ["bea", "staff"]);
  const [listed] = JSON.parse((await allowed("/tokens?issuer=test&subject=bea")).text).tokens;
  assert.deepEqual([listed.id, listed.kind, listed.parent, listed.actor], [id, "agent", parent, "agent-7"]);
  for (const [more, status] of [
    [{ scope: "jobs:write" }, 403],
    [{ owner: "another" }, 400],
    [{ parent: "AAAAAAAAAAAAAAAAAAAAAA" }, 404],
    [{ parent: id }, 404],
    [{ parent: "x" }, 400],
    [{ parent: { id: parent } }, 400],
  ] as const)
    assert.equal((await issue({ ...request, ...more })).status, status, JSON.stringify(more));
  assert.equal((await allowed(`/sessions/${parent}`, "DELETE")).status, 204);
  assert.deepEqual([await statusWith(accessToken), (await issue(request)).status], [401, 404]);
});

test("S-58 S-44 a personal token for a person: as configured, by their groups, and so many", async () => {
  const subject = { issuer: "test", subject: "cora", claims: { groups: ["staff"] } };
  const make = (request: object): Promise<Answered> => allowed("/tokens/personal", "POST", JSON.stringify(request));
  const { status, text } = await make({ subject, name: "laptop", scope: "jobs:read", lifetime: "1d" });
  const { id, token, ...made } = JSON.parse(text);
  assert.deepEqual([status, made.name, made.scope], [201, "laptop", "jobs:read"]);
  assert.equal(await statusWith(token), 200);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-groups"], "staff");
  const { claims: _, ...guest } = subject;
  for (const [request, expected] of [
    [{ subject, name: "" }, 400],
    [{ subject, name: "laptop", scope: "jobs:all" }, 400],
    [{ subject, name: "laptop", lifetime: "91d" }, 400],
    [{ subject: "runner-7", name: "laptop" }, 400],
    [{ subject, name: "laptop", audience: "api" }, 400],
    [{ subject: { ...subject, claims: [] }, name: "laptop" }, 400],
    [{ subject: guest, name: "laptop" }, 403],
    [{ subject, name: "phone" }, 201],
    [{ subject, name: "another" }, 409],
  ] as const)
    assert.equal((await make(request)).status, expected, JSON.stringify(request));
  assert.deepEqual([(await allowed(`/tokens/${id}`, "DELETE")).status, await statusWith(token)], [204, 401]);
  assert.equal((await allowed("/tokens/personal")).status, 405);
});

test("S-58 the API needs the operators' token, before it tells anything", async () => {
  for (const [path, method] of [
    ["/tokens", "POST"],
    ["/tokens/personal", "POST"],
    ["/tokens?owner=a", "GET"],
    ["/tokens/AAAAAAAAAAAAAAAAAAAAAA", "DELETE"],
  ] as const) {
    assert.equal((await gateway.admin(path, { method })).status, 401);
    assert.equal((await gateway.admin(path, { method, headers: { authorization: "Bearer wrong" } })).status, 401);
  }
  await using closed = await startFullGateway({ config: { tokens: { audiences: AUDIENCES } } });
  assert.equal((await closed.admin("/tokens", { method: "POST", headers: { authorization: "Bearer x" } })).status, 404);
});

const RUNNER = { subject: "runner", audience: "api" };
const WRONG: readonly (readonly [asked: object | string, says: RegExp])[] = [
  ["{", /is no JSON object/],
  ["[]", /is no JSON object/],
  [{ audience: "api" }, /subject is no name/],
  [{ ...RUNNER, subject: { issuer: "a" } }, /subject is no name/],
  [{ ...RUNNER, audience: "other" }, /audience is none of tokens\.audiences/],
  [{ ...RUNNER, scope: "jobs:admin" }, /scope is no part of tokens\.audiences\.api\.scope/],
  [{ ...RUNNER, scope: 1 }, /scope is no text/],
  [{ ...RUNNER, lifetime: "soon" }, /lifetime is no text such as 30m/],
  [{ ...RUNNER, lifetime: "2h" }, /lifetime is/],
  [{ ...RUNNER, refreshable: "yes" }, /refreshable is neither/],
  [{ ...RUNNER, scopes: "jobs:read" }, /"scopes" is no field here/],
];

test("S-58 what is asked wrongly is 400 in words, and nothing is issued", async () => {
  for (const [asked, says] of WRONG) {
    const { status, text } = await allowed("/tokens", "POST", typeof asked === "string" ? asked : JSON.stringify(asked));
    assert.deepEqual([status, says.test(JSON.parse(text).detail)], [400, true], text);
  }
  assert.equal((await allowed("/tokens", "POST", `"${"a".repeat(70_000)}"`)).status, 413);
  assert.deepEqual(
    [
      (await allowed("/tokens", "PUT")).status,
      (await allowed("/tokens/AAAAAAAAAAAAAAAAAAAAAA")).status,
      (await allowed("/tokens?ownr=a")).status,
    ],
    [405, 405, 400],
  );
  assert.equal((await allowed("/tokens?owner=https://app.example.com%20runner")).text, '{"tokens":[]}\n');
});
