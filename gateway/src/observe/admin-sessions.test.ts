import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sessionIdOf } from "../../test-support/browser.ts";
import { until } from "../../test-support/connection.ts";
import type { FullGateway } from "../../test-support/full-gateway.ts";
import { startFullGateway } from "../../test-support/full-gateway.ts";
import type { Answered } from "../../test-support/talk.ts";

const TOKEN = "a-token-of-the-operators";
let gateway: FullGateway;

before(async () => {
  gateway = await startFullGateway({ config: { admin: { listen: "127.0.0.1:0", token: TOKEN } } });
});
after(() => gateway[Symbol.asyncDispose]());

const allowed = (path: string, method = "GET"): Promise<Answered> =>
  gateway.admin(path, { method, headers: { authorization: `Bearer ${TOKEN}` } });
const problem = (answer: Answered): { code: string; detail: string } => JSON.parse(answer.text);

test("SE-09 S-44 the admin API lists, shows and ends sessions; the next request is 401", async () => {
  const [one, two] = [await gateway.signIn("ada"), await gateway.signIn("ada")];
  const other = await gateway.signIn("bob");
  for (const query of ["owner=test%20ada", "owner=test+ada", "issuer=test&subject=ada"]) {
    const { status, text, headers } = await allowed(`/sessions?${query}`);
    assert.equal(status, 200, text);
    assert.deepEqual([headers["content-type"], headers["cache-control"]], ["application/json", "no-store"]);
    const ids: readonly string[] = JSON.parse(text).sessions.map(({ id }: { id: string }) => id);
    assert.deepEqual([...ids].sort(), [sessionIdOf(one), sessionIdOf(two)].sort(), query);
    for (const secret of [one, two].map((cookie) => cookie.split(".")[1] ?? "")) assert.ok(!text.includes(secret));
  }
  const shown = await allowed(`/sessions/${sessionIdOf(one)}`);
  const { owner, issuer, method, userAgent } = JSON.parse(shown.text);
  assert.deepEqual([shown.status, owner, issuer, method, userAgent], [200, "test ada", "test", "app", null]);
  assert.equal((await allowed(`/sessions/${sessionIdOf(one)}`, "HEAD")).text, "");
  assert.equal(await gateway.statusWith(one), 200);
  const ended = await allowed(`/sessions/${sessionIdOf(one)}`, "DELETE");
  assert.deepEqual([ended.status, ended.text], [204, ""]);
  assert.deepEqual([await gateway.statusWith(one), await gateway.statusWith(two)], [401, 200]);
  assert.equal((await gateway.store.get(sessionIdOf(one)))?.reason, "admin");
  assert.deepEqual(
    [await allowed(`/sessions/${sessionIdOf(one)}`), await allowed(`/sessions/${sessionIdOf(one)}`, "DELETE")].map(
      ({ status }) => status,
    ),
    [404, 404],
  );
  assert.equal((await allowed("/sessions?issuer=test&subject=ada", "DELETE")).text, '{"ended":1}\n');
  assert.deepEqual([await gateway.statusWith(two), await gateway.statusWith(other)], [401, 200]);
  assert.equal((await allowed("/sessions?owner=test%20ada", "DELETE")).text, '{"ended":0}\n');
  assert.match(gateway.log.join(""), /"event":"session.ended"[^\n]*"reason":"admin"/);
});

test("SE-09 an id of the API authenticates no user", async () => {
  const cookie = await gateway.signIn("ida");
  const [name] = cookie.split("=");
  assert.equal(await gateway.statusWith(`${name}=${sessionIdOf(cookie)}`), 401);
});

test("SE-09 without the token the API tells nothing, and health and metrics go on", async () => {
  const cookie = await gateway.signIn("tom");
  const paths = ["/sessions", "/sessions?owner=test%20tom", `/sessions/${sessionIdOf(cookie)}`, "/sessions/", "/sessions?x=1"];
  for (const path of paths) {
    for (const method of ["GET", "DELETE", "POST", "OPTIONS"]) {
      const missing = await gateway.admin(path, { method });
      assert.deepEqual(
        [missing.status, missing.headers["www-authenticate"], problem(missing).code],
        [401, "Bearer", "ERR_UNAUTHENTICATED"],
        `${method} ${path}`,
      );
      assert.equal(missing.headers["access-control-allow-origin"], undefined);
    }
  }
  for (const authorization of [
    "Bearer",
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Bearer ${TOKEN} ${TOKEN}`,
  ]) {
    const refused = await gateway.admin("/sessions?owner=test%20tom", { method: "DELETE", headers: { authorization } });
    assert.equal(refused.status, 401, authorization);
    assert.match(refused.headers["www-authenticate"] ?? "", /^Bearer/);
    assert.ok(!refused.text.includes(TOKEN.slice(0, 9)));
  }
  assert.equal(
    (await gateway.admin("/sessions?owner=test%20tom", { headers: { authorization: `bearer ${TOKEN}` } })).status,
    200,
  );
  assert.equal((await gateway.admin("/health/live")).status, 200);
  assert.equal((await gateway.admin("/metrics")).status, 200);
  assert.equal(await gateway.statusWith(cookie), 200);
  assert.ok(!gateway.log.join("").includes(TOKEN));
});

test("SE-09 where no token is configured there is no API, whatever is sent", async () => {
  await using closed = await startFullGateway();
  for (const authorization of ["", "Bearer ", "Bearer undefined", `Bearer ${TOKEN}`]) {
    const answer = await closed.admin("/sessions?owner=a", { headers: { authorization } });
    assert.equal(answer.status, 404);
    assert.match(problem(answer).detail, /COATCHECK_ADMIN_TOKEN \(admin\.token\)/);
  }
});

const MISTAKES: readonly (readonly [target: string, detail: RegExp])[] = [
  ["/sessions", /^owner is missing/],
  ["/sessions?", /^owner is missing/],
  ["/sessions?owner=", /^owner is empty/],
  ["/sessions?owner=test%20eve&owner=test%20eve", /^owner is given more than once/],
  ["/sessions?issuer=test", /^subject is missing/],
  ["/sessions?subject=eve", /^issuer is missing/],
  ["/sessions?issuer=test&subject=eve&subject=x", /^subject is given more than once/],
  ["/sessions?owner=test%20eve&issuer=test&subject=eve", /^issuer is given beside owner/],
  ["/sessions?issuer=te%20st&subject=eve", /^issuer holds white space/],
  ["/sessions?owner=test%20eve&except=x", /^"except" is no parameter/],
  ["/sessions?Owner=test%20eve", /^"Owner" is no parameter/],
  ["/sessions/AAAAAAAAAAAAAAAAAAAAAA?owner=test%20eve", /^"owner" is no parameter/],
];

test("SE-09 a mistaken parameter is 400 and named, and ends nothing", async () => {
  const cookie = await gateway.signIn("eve");
  for (const [target, detail] of MISTAKES) {
    for (const method of ["GET", "DELETE"]) {
      const answer = await allowed(target, method);
      assert.deepEqual([answer.status, problem(answer).code], [400, "ERR_BAD_REQUEST"], target);
      assert.match(problem(answer).detail, detail);
    }
  }
  assert.equal(await gateway.statusWith(cookie), 200);
});

test("A-27 any text instead of an id or an owner is a name that no user has", async () => {
  for (const id of ["", "x", "%00", "..", "../metrics", "{id}", "' OR 1=1 --".replaceAll(" ", "%20"), "A".repeat(4_000)]) {
    assert.equal((await allowed(`/sessions/${id}`)).status, 404, id);
    assert.equal((await allowed(`/sessions/${id}`, "DELETE")).status, 404, id);
  }
  for (const owner of ["%", "%00", "*", "test%25", "'%20OR%201=1", "%F0%9F%A6%8A", "%ff"]) {
    const answer = await allowed(`/sessions?owner=${owner}`);
    assert.deepEqual([answer.status, answer.text], [200, '{"sessions":[]}\n'], owner);
  }
  assert.equal((await allowed("/sessions?owner=a&page=forged", "GET")).status, 400, "there are no pages to forge");
});

test("SE-09 other methods are 405", async () => {
  for (const path of ["/sessions?owner=a", "/sessions/AAAAAAAAAAAAAAAAAAAAAA"]) {
    for (const method of ["POST", "PUT", "PATCH", "OPTIONS"]) {
      const answer = await allowed(path, method);
      assert.deepEqual([answer.status, answer.headers.allow], [405, "GET, HEAD, DELETE"], method);
    }
  }
});

test("SE-16 S-65 a silent store is 503 with Retry-After, and the session ends when it answers again", async () => {
  const [cookie, other] = [await gateway.signIn("zoe"), await gateway.signIn("zoe's neighbour")];
  gateway.store.down = true;
  gateway.store.complaint = "the line of canary-host is cut";
  try {
    for (const path of ["/sessions?owner=test%20zoe", `/sessions/${sessionIdOf(cookie)}`]) {
      for (const method of ["GET", "DELETE"]) {
        const answer = await allowed(path, method);
        assert.deepEqual([answer.status, problem(answer).code], [503, "ERR_STORE_UNAVAILABLE"]);
        assert.match(answer.headers["retry-after"] ?? "", /^\d+$/);
        assert.ok(!answer.text.includes("canary"));
      }
    }
  } finally {
    gateway.store.down = false;
  }
  // In the background, a moment later or less.
  await until(async () => (await gateway.statusWith(cookie)) !== 200);
  assert.deepEqual([await gateway.statusWith(cookie), await gateway.statusWith(other)], [401, 200]);
});
