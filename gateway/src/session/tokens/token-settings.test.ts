/** The settings of tokens at a real gateway: who may have which, personal ones, services that ask. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type Auth, coatcheck, type JsonObject } from "coatcheck";
import { sqlite } from "coatcheck/sqlite";
import { signIn } from "coatcheck/testing";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { OFFLINE, ServedGateway } from "../../../test-support/command.ts";
import { type Answered, ask } from "../../../test-support/talk.ts";

const fresh = (): string => randomBytes(32).toString("base64url");
const ORIGIN = OFFLINE.COATCHECK_PUBLIC_URL;
const SECRET = fresh();
const OPERATOR = "a-token-of-the-operators";
const TOKENS = {
  audiences: [
    { name: "api", scope: "read write", lifetime: "10m", family: "1d", users: true, introspectionFile: "of-the-api" },
    { name: "agent", scope: "read" },
  ],
  accept: ["api", "agent"],
  personal: { prefix: "acme", lifetime: "30d", maxPerUser: 1 },
  allow: [{ groups: ["staff"], kinds: ["family", "personal"], scope: "read" }, { kinds: ["agent"] }],
};

const open = new AsyncDisposableStack();
const folder = open.use(temporaryFolder("token-settings"));
let gateway: ServedGateway;
/** Signs people in at the store that the gateway has. */
let auth: Auth<JsonObject>;

before(async () => {
  folder.write("of-the-api", fresh());
  folder.write("coatcheck.config.json", JSON.stringify({ tokens: TOKENS }));
  const environment = {
    COATCHECK_SECRET: SECRET,
    COATCHECK_STORE: "sqlite:sessions.db",
    COATCHECK_ADMIN_TOKEN: OPERATOR,
    COATCHECK_TOKEN_REVOCATION: "30s",
  };
  gateway = open.use(await ServedGateway.start({ cwd: folder.path, environment }));
  await gateway.until(/listening/);
  auth = coatcheck({ publicUrl: ORIGIN, secrets: SECRET, store: sqlite(folder.file("sessions.db")) });
  open.defer(() => auth.close());
});
after(() => open.disposeAsync());

const send = (path: string, fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>) =>
  ask(gateway.port, `/auth/${path}`, {
    method: "POST",
    headers: { host: new URL(ORIGIN).host, "content-type": "application/x-www-form-urlencoded", ...headers },
    body: `${new URLSearchParams(fields)}`,
  });
const asPage = (cookie: string) => ({ cookie, origin: ORIGIN, "sec-fetch-site": "same-origin" });

/** Who the gateway takes the bearer of this token for: status and subject. */
async function who(token: string): Promise<readonly [status: number, subject: unknown]> {
  const headers = { host: new URL(ORIGIN).host, authorization: `Bearer ${token}`, accept: "application/json" };
  const { status, text } = await ask(gateway.port, "/auth/session", { headers });
  return [status, status === 200 ? JSON.parse(text).identity?.subject : undefined];
}

/** The operators' API. */
const issue = (path: string, request: object): Promise<Answered> =>
  ask(gateway.adminPort, path, {
    method: "POST",
    headers: { host: "localhost", authorization: `Bearer ${OPERATOR}` },
    body: JSON.stringify(request),
  });

test("S-43 S-58 tokens.allow: users get by their groups what a rule gives, and no more", async () => {
  const [staff, guest] = [
    await signIn(auth, { subject: "ada", claims: { groups: ["staff"] } }),
    await signIn(auth, { subject: "bob" }),
  ];
  const wanted = { audience: "api", scope: "read" };
  assert.equal((await send("tokens", wanted, asPage(staff))).status, 200);
  assert.equal((await send("tokens", { ...wanted, scope: "read write" }, asPage(staff))).status, 403);
  assert.equal((await send("tokens", wanted, asPage(guest))).status, 403);
  assert.equal((await send("tokens/personal", { name: "laptop" }, asPage(guest))).status, 403);
});

test("S-58 S-44 tokens.personal: a user makes one as configured, and it is taken", async () => {
  const cookie = await signIn(auth, { subject: "cora", claims: { groups: ["staff"] } });
  const made = await send("tokens/personal", { name: "laptop", scope: "read" }, asPage(cookie));
  assert.equal(made.status, 200, made.text);
  const { token, expiresAt } = JSON.parse(made.text);
  assert.match(token, /^acme_[A-Za-z0-9_-]{71}$/);
  assert.ok(expiresAt > Date.now() + 29 * 86_400_000);
  assert.deepEqual(await who(token), [200, "cora"]);
  assert.equal((await send("tokens/personal", { name: "another" }, asPage(cookie))).status, 409);
});

test("S-64 JT-08 introspectionFile: a service asks by its secret, and after SIGHUP by the new one", async () => {
  const { accessToken } = JSON.parse((await issue("/tokens", { subject: "runner-7", audience: "api", scope: "write" })).text);
  const told = async (secret: string) => {
    const authorization = `Basic ${Buffer.from(`api:${secret}`).toString("base64")}`;
    const { status, text } = await send("tokens/introspect", { token: accessToken }, { authorization });
    return status === 200 ? JSON.parse(text).scope : status;
  };
  const [old, next] = [fresh(), fresh()];
  for (const [secret, other] of [
    [old, next],
    [next, old],
  ] as const) {
    writeFileSync(folder.file("of-the-api"), secret);
    const changed = gateway.lines.filter(({ event }) => event === "secrets.changed").length;
    gateway.child.kill("SIGHUP");
    await gateway.when(() => gateway.lines.filter(({ event }) => event === "secrets.changed").length === changed + 1);
    assert.deepEqual([await told(secret), await told(other)], ["write", 401]);
  }
});
