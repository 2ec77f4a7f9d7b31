import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import { after, before, test } from "node:test";
import { coatcheck } from "coatcheck";
import { memory } from "coatcheck/memory";
import { coatcheckNode } from "coatcheck/node";
import type { FullGateway } from "../test-support/full-gateway.ts";
import { ORIGIN, PAGE, SCRIPT, startFullGateway } from "../test-support/full-gateway.ts";
import { PUBLIC } from "../test-support/harness.ts";
import type { Listening } from "../test-support/talk.ts";
import { ask, listenOn } from "../test-support/talk.ts";

const HEADER = "x-coatcheck-assertion";
const open = new AsyncDisposableStack();
let gateway: FullGateway;
let keys: Listening;
let app: RequestListener;

before(async () => {
  const store = memory();
  gateway = open.use(
    await startFullGateway({
      app: (request, response) => app(request, response),
      upstreams: [
        { access: "optional", assertion: true },
        { access: "public", assertion: true, paths: ["/public"] },
        { access: "user", paths: ["/plain"] },
      ],
    }),
  );
  keys = open.use(
    await listenOn((_, response) => {
      gateway.ask("/auth/keys").then(({ text }) => response.setHeader("content-type", "application/json").end(text));
    }),
  );
  const auth = coatcheck({
    publicUrl: ORIGIN,
    secrets: randomBytes(32).toString("base64url"),
    store,
    proxy: {
      trusted: ["127.0.0.1"],
      assertion: {
        vendor: "coatcheck",
        issuer: ORIGIN,
        audience: `http://127.0.0.1:${gateway.appPort}`,
        keys: `http://127.0.0.1:${keys.port}`,
      },
    },
  });
  open.defer(() => auth.close());
  app = coatcheckNode(auth).handler((_, response, { identity, via }) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ identity, via }));
  });
});
after(() => open.disposeAsync());

const sent = (): string | undefined => {
  const value = gateway.seen.at(-1)?.headers[HEADER];
  return typeof value === "string" ? value : undefined;
};
const pageOf = async (
  cookie: string | undefined,
  path = "/",
  more: object = {},
): Promise<{ identity: unknown; via: unknown }> => {
  const answer = await gateway.ask(path, { headers: { ...SCRIPT, ...(cookie === undefined ? {} : { cookie }), ...more } });
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text);
};

test("TP-03 A-15 an app behind the gateway verifies its user by the keys, with claims and groups", async () => {
  const cookie = await gateway.signIn("alice", { email: "alice@example.com", groups: ["staff"], secret_plan: "x" });
  const { identity, via } = await pageOf(cookie);
  assert.equal(via, "proxy");
  const { issuer, subject, claims, method } = JSON.parse(JSON.stringify(identity));
  const { idp, idp_sub: idpSubject, email, groups, secret_plan: kept } = claims;
  assert.deepEqual([issuer, method, email, groups, kept], [ORIGIN, "proxy", "alice@example.com", ["staff"], undefined]);
  assert.equal(subject, `${idp} ${idpSubject}`);
  assert.equal(idpSubject, "alice");
});

test("TP-07 an anonymous caller's header is there and empty; a client's own never passes, in any spelling", async () => {
  const cookie = await gateway.signIn("mallory");
  await pageOf(cookie);
  const stolen = sent() ?? "";
  assert.match(stolen, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  for (const name of ["X-Coatcheck-Assertion", "x_coatcheck_assertion", "X-COATCHECK_assertion"]) {
    assert.deepEqual(await pageOf(undefined, "/", { [name]: stolen }), { identity: null, via: null });
    assert.equal(sent(), "");
    await pageOf(undefined, "/public", { [name]: stolen });
    assert.equal(sent(), "");
    const other = await gateway.signIn("bob");
    await gateway.ask("/plain", { headers: { ...SCRIPT, cookie: other, [name]: stolen } });
    assert.equal(sent(), undefined);
  }
});

test("A-17 A-26 Connection cannot take the assertion away", async () => {
  const cookie = await gateway.signIn("carol");
  const { identity } = await pageOf(cookie, "/", { connection: `close, ${HEADER}` });
  assert.notEqual(identity, null);
});

test("S-28 it is made once while the session stays as it is", async () => {
  const cookie = await gateway.signIn("dora");
  await pageOf(cookie);
  const first = sent();
  await pageOf(cookie);
  assert.equal(sent(), first);
  const other = await gateway.signIn("erik");
  await pageOf(other);
  assert.notEqual(sent(), first);
});

test("CS-09 the keys are public, may be kept, and need neither session nor store", async () => {
  gateway.store.down = true;
  try {
    const answer = await gateway.ask("/auth/keys", { headers: { ...PAGE, cookie: "__Host-Http-coatcheck=x" } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["cache-control"], "public, max-age=300");
    assert.equal(answer.headers["set-cookie"], undefined);
    const [key, ...more] = JSON.parse(answer.text).keys;
    assert.deepEqual(Object.keys(key).sort(), ["alg", "crv", "kid", "kty", "use", "x"]);
    assert.equal(more.length, 0);
  } finally {
    gateway.store.down = false;
  }
  const posted = await ask(gateway.port, "/auth/keys", { method: "POST", headers: { host: PUBLIC, origin: ORIGIN } });
  assert.equal(posted.status, 405);
});
