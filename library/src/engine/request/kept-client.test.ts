import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { LOOPBACK } from "../../../test-support/origin.ts";
import { TrustedPeers } from "../../net/address.ts";
import { clientAddress } from "../../net/client-address.ts";
import type { KeepOptions } from "../../options.ts";

const OWNER = { issuer: "app", subject: "ada" } as const;

/** What the list says of a session that was begun from 10.0.0.1, a proxy that tells of 192.0.2.77. */
async function listed(keep: KeepOptions): Promise<readonly (string | null)[]> {
  const { auth, store } = authWith({ publicUrl: LOOPBACK, keep });
  const headers = { "user-agent": "Firefox", "x-forwarded-for": "198.51.100.1, 192.0.2.77" };
  const begin = new Request(`${LOOPBACK}/in`, {
    method: "POST",
    headers: { ...headers, origin: LOOPBACK },
  });
  const answer = await auth.handle(
    begin,
    (session) => {
      session.login(OWNER);
      return new Response();
    },
    { peer: "10.0.0.1" },
  );
  assert.equal(answer.status, 200);
  const [info] = await auth.sessions.list("app ada");
  assert.ok(info !== undefined);
  const { body } = (await store.get(info.id)) ?? { body: "" };
  assert.equal(body.includes(".77"), keep.address === "full" && keep.addressOf !== undefined, body);
  await auth.close();
  return [info.address, info.userAgent];
}

const trusted = new TrustedPeers(["10.0.0.0/8"]);
const addressOf: NonNullable<KeepOptions["addressOf"]> = (request) =>
  clientAddress({ peer: request.peer, header: request.header("x-forwarded-for"), family: "x-forwarded-for", trusted });

test("S-61 the client's address, past trusted hops, and the user agent are in lists if configured", async () => {
  assert.deepEqual(await listed({}), [null, null]);
  assert.deepEqual(await listed({ userAgent: true, address: "hash", addressOf }), [null, "Firefox"]);
  assert.deepEqual(await listed({ address: "truncated" }), ["10.0.0.0/24", null]);
  assert.deepEqual(await listed({ address: "truncated", addressOf }), ["192.0.2.0/24", null]);
  assert.deepEqual(await listed({ userAgent: true, address: "full", addressOf }), ["192.0.2.77", "Firefox"]);
});
