import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { freePort } from "../demo/ports.ts";
import { type Running, run } from "./testing/processes.ts";

const folder = temporaryFolder("example");
const secret = randomBytes(32).toString("base64url");
let app: Running;
let port: number;

before(async () => {
  port = await freePort(0);
  const flags = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];
  const env = {
    COATCHECK_SECRET: randomBytes(32).toString("base64url"),
    PROXY_SECRET: secret,
    PUBLIC_URL: "https://app.example.com",
    PORT: String(port),
  };
  app = await run(
    { command: process.execPath, args: [...flags, join(import.meta.dirname, "main.ts")], env, cwd: folder.path },
    port,
  );
});

after(async () => {
  await app[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function ask(headers: Readonly<Record<string, string>>): Promise<readonly [status: number, subject: unknown]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/me`, { headers });
  const body = await response.text();
  return [response.status, response.ok ? JSON.parse(body).subject : null];
}

test("S-28 the example believes its proxy alone: by address and secret", async () => {
  const asserted = { "x-auth-request-user": "alice" };
  assert.deepEqual(await ask({ ...asserted, "x-proxy-secret": secret }), [200, "alice"]);
  assert.deepEqual(await ask({ ...asserted, "x-proxy-secret": randomBytes(32).toString("base64url") }), [401, null]);
  assert.deepEqual(await ask(asserted), [401, null]);
  assert.deepEqual(await ask({}), [401, null]);
});

test("S-32 a user whom the example's table does not have gets 403", async () => {
  assert.deepEqual(await ask({ "x-auth-request-user": "mallory", "x-proxy-secret": secret }), [403, null]);
});

test("S-36 a name that two headers were joined into is 400", async () => {
  assert.equal((await ask({ "x-auth-request-user": "alice, bob", "x-proxy-secret": secret }))[0], 400);
});
