import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { steadily } from "../../../../../tools/suite/steady.ts";
import { lyingProvider } from "../../../../test-support/provider/lying-provider.ts";
import { clientOf, signIn } from "../../../../test-support/provider/sign-on.ts";
import type { RefreshOrder } from "../../../../test-support/refresh/refreshing-process.ts";

const op = await lyingProvider();
const { provider } = clientOf(op);
after(async () => {
  await provider.close();
  await op.close();
});

/** Long enough for a busy machine to send a request within it, mostly. */
const LIMIT = 1_000;
const process = new URL("../../../../test-support/refresh/refreshing-process.ts", import.meta.url);

/** The body of an answer as the provider sends it, and what it says of it. */
type Shape = (body: string) => { readonly body: Buffer; readonly headers: { readonly [name: string]: string } };
const SHAPES: { readonly [name: string]: Shape } = {
  small: (body: string) => ({ body: Buffer.from(body), headers: {} }),
  "of many reads": (body: string) => ({ body: Buffer.from(body + " ".repeat(250_000)), headers: {} }),
  packed: (body: string) => ({ body: gzipSync(body + " ".repeat(250_000)), headers: { "content-encoding": "gzip" } }),
};

/**
 * One refresh by a process that is stopped when its request is here, until long past its limit. `false`: it was too
 * slow to send one.
 */
async function refreshedLate(shape: Shape): Promise<boolean> {
  op.reset();
  const login = await signIn(op, provider);
  if (login.kind !== "login") return assert.fail(String(login.cause));
  const answered = Promise.withResolvers<true>();
  const child = fork(process);
  const exited = once(child, "exit");
  op.lies.raw = async (entry, response) => {
    if (entry.endpoint !== "token") return false;
    child.kill("SIGSTOP");
    await setTimeout(100);
    const { body, headers } = shape(JSON.stringify({ access_token: "late-but-here", token_type: "Bearer" }));
    response.writeHead(200, { "content-type": "application/json", ...headers }).end(body);
    answered.resolve(true);
    return true;
  };
  const config = {
    issuer: op.issuer,
    clientId: op.clientId,
    clientSecret: op.clientSecret,
    timeout: LIMIT,
    refreshTimeout: LIMIT,
  };
  const { tokens, identity } = login;
  const outcome = once(child, "message");
  child.send({ config, tokens, identity } satisfies RefreshOrder);
  if (!(await Promise.race([answered.promise, outcome.then(() => false)]))) {
    child.disconnect();
    await exited;
    return false;
  }
  await setTimeout(LIMIT * 2);
  child.kill("SIGCONT");
  assert.deepEqual((await outcome)[0], { kind: "refreshed", accessToken: "late-but-here" });
  child.disconnect();
  assert.deepEqual(await exited, [0, null]);
  return true;
}

for (const [name, shape] of Object.entries(SHAPES)) {
  test(`RF-05 RF-03 a process that stood still past its limit takes the answer that lies there (${name})`, () =>
    steadily(async () => {
      for (let left = 10; !(await refreshedLate(shape)); left--) assert.ok(left > 0, "nothing was sent");
    }));
}

test("RF-03 RF-05 no refresh token leaves over a connection that was closed while the process stood still", async (t) => {
  op.reset();
  const login = await signIn(op, provider);
  if (login.kind !== "login") return assert.fail(String(login.cause));
  const used: (Socket | null)[] = [];
  op.lies.raw = (entry, response) => {
    if (entry.endpoint !== "token") return false;
    used.push(response.socket);
    const body = JSON.stringify({ access_token: `number-${used.length}`, token_type: "Bearer" });
    response.writeHead(200, { "content-type": "application/json" }).end(body);
    return true;
  };
  const child = fork(process, { stdio: ["pipe", "inherit", "inherit", "ipc"] });
  t.after(() => child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const config = { issuer: op.issuer, clientId: op.clientId, clientSecret: op.clientSecret };
  const { tokens, identity } = login;
  const say = async (order: Partial<RefreshOrder>): Promise<unknown> => {
    const heard = once(child, "message");
    child.send({ config, tokens, identity, ...order });
    return (await heard)[0];
  };

  assert.deepEqual(await say({}), { kind: "refreshed", accessToken: "number-1" });
  assert.equal(await say({ standstill: true }), "still");
  const kept = used[0] ?? assert.fail("nobody refreshed");
  assert.equal(kept.destroyed, false, "the connection is not kept");
  kept.destroy();
  await once(kept, "close");
  const outcome = once(child, "message");
  // What is shorter may be any pause of a busy process, after which nothing is looked at.
  await setTimeout(300);
  child.stdin?.write(".");

  assert.deepEqual((await outcome)[0], { kind: "refreshed", accessToken: "number-2" });
  assert.equal(used.length, 2);
  child.disconnect();
  assert.deepEqual(await exited, [0, null]);
});
