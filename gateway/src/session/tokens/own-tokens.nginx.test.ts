/** A token of ours for the app, with a real nginx: in front of the gateway, and asking it about each request. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { createLocalJWKSet, jwtVerify } from "jose";
import { findServer } from "../../../../tools/suite/servers.ts";
import { sessionIdOf } from "../../../test-support/browser.ts";
import { startNginx } from "../../../test-support/fronting-proxy/fronting-proxy.ts";
import { startStockNginx } from "../../../test-support/fronting-proxy/stock-nginx.ts";
import { type FullGateway, ORIGIN, PAGE, SCRIPT, startFullGateway } from "../../../test-support/full-gateway.ts";
import { type Answered, type Asking, ask } from "../../../test-support/talk.ts";

const TOKENS = { audiences: [{ name: "app", scope: "read" }, { name: "other" }], accept: ["app", "other"] };
const OWN = { audience: "app", scope: "read", token: "own" };
const OPERATOR = "a-token-of-the-operators";
const CONFIG = { admin: { listen: "127.0.0.1:0", token: OPERATOR }, tokens: TOKENS };
const world = { providers: [] };
let command: string;

before(() => {
  const found = findServer("nginx");
  assert.ok(found !== undefined, "there is no nginx on this machine");
  command = found;
});

type Ask = (path: string, asking?: Asking) => Promise<Answered>;

/** What the app was told as Authorization with the last request. */
const told = ({ seen }: FullGateway): string | undefined => seen.at(-1)?.headers.authorization;

/** A program's token, from the operators. */
async function programs(gateway: FullGateway, audience: string): Promise<string> {
  const headers = { authorization: `Bearer ${OPERATOR}` };
  const body = JSON.stringify({ subject: "runner-7", audience, ...(audience === "app" ? { scope: "read" } : {}) });
  return JSON.parse((await gateway.admin("/tokens", { method: "POST", headers, body })).text).accessToken;
}

/** A person's request brings the app a token that the keys behind nginx verify; a program's brings its own. */
async function bringsToken(gateway: FullGateway, through: Ask): Promise<void> {
  const cookie = await gateway.signIn("ada");
  const answer = await through("/page", { headers: { ...PAGE, cookie, authorization: "Basic YTpi" } });
  assert.deepEqual([answer.status, answer.headers["authorization"]], [200, undefined]);
  const keys = createLocalJWKSet(JSON.parse((await through("/auth/keys")).text));
  const token = (told(gateway) ?? "").replace(/^Bearer /, "");
  const { payload } = await jwtVerify(token, keys, { issuer: ORIGIN, audience: "app", typ: "at+jwt" });
  assert.deepEqual([payload.sub, payload["sid"], payload["scope"]], ["test ada", sessionIdOf(cookie), "read"]);
  const [own, others] = [await programs(gateway, "app"), await programs(gateway, "other")];
  const asProgram = (it: string) => through("/page", { headers: { ...SCRIPT, authorization: `Bearer ${it}` } });
  assert.deepEqual([(await asProgram(own)).status, told(gateway)], [200, `Bearer ${own}`]);
  const reached = gateway.seen.length;
  for (const wrong of [others, token, "forged"]) assert.equal((await asProgram(wrong)).status, 401);
  assert.equal((await through("/page", { headers: SCRIPT })).status, 401);
  assert.equal(gateway.seen.length, reached);
}

test("S-27 nginx in front of the gateway: the upstream gets a token of ours, or the program's own", async () => {
  await using gateway = await startFullGateway({ config: CONFIG, upstream: { access: "api", ...OWN }, world });
  await using nginx = await startStockNginx(command, gateway.port);
  await bringsToken(gateway, (path, asking) => ask(nginx.port, path, asking));
});

test("S-27 nginx that asks, by the guide: the app gets a token of ours, and no other Authorization", async () => {
  await using gateway = await startFullGateway({ config: { ...CONFIG, check: OWN }, upstreams: [], world });
  await using nginx = await startNginx(command, gateway);
  await bringsToken(gateway, nginx.ask);
  const open = await nginx.ask("/public/a", { headers: { ...PAGE, authorization: "Bearer forged" } });
  assert.deepEqual([open.status, told(gateway)], [200, undefined]);
});
