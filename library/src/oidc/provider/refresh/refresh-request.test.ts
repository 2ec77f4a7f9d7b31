/** F-71: the request of a refresh is ours, and the same bytes as openid-client's. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, mock, test } from "node:test";
import fc from "fast-check";
import { signingKey } from "../../../../test-support/provider/signing.ts";
import { refreshByOpenidClient } from "../../../../test-support/refresh/refresh-by-openid-client.ts";
import { onFreePort } from "../../../../test-support/talk.ts";
import { systemClock } from "../../../engine/system.ts";
import { beginning } from "../../http/exchange.ts";
import { boundedTransport } from "../../http/transport.ts";
import { clientAuthentication } from "../client-authentication.ts";
import type { ProviderConfig } from "../config.ts";
import { settleProviderConfig } from "../config.ts";
import { presetOf } from "../presets/presets.ts";
import type { Ready } from "../ready.ts";
import { grantRequests, refreshRequests } from "./refresh-request.ts";
import { sendRefresh } from "./send-refresh.ts";

mock.timers.enable({ apis: ["Date"], now: Date.now() });

/** Writes down what comes over the wire, and says no. */
const seen: string[] = [];
const server = createServer((socket) => {
  let text = "";
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
    const [head = "", body = ""] = text.split("\r\n\r\n");
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (body.length < length) return;
    seen.push(text);
    text = "";
    socket.write("HTTP/1.1 400 Bad\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
  });
});
const origin = `http://127.0.0.1:${await onFreePort(server)}`;
after(() => {
  server.close();
  server.unref();
});

async function readyWith(given: Partial<ProviderConfig>): Promise<Ready> {
  const config = settleProviderConfig({ issuer: origin, clientId: "the app:1", ...given });
  const endpoints = { authorization_endpoint: `${origin}/a`, token_endpoint: `${origin}/t?x=1 2`, jwks_uri: `${origin}/k` };
  const metadata = { issuer: origin, ...endpoints };
  const authentication = await clientAuthentication(config)();
  const grantRequest = grantRequests({ config, clock: systemClock, metadata, authentication });
  return {
    ...{ config, metadata, preset: presetOf(null, metadata), clock: systemClock },
    transport: boundedTransport(config, systemClock, beginning()),
    keys: { matching: () => [] },
    call: () => assert.fail("openid-client is not asked"),
    refreshRequest: refreshRequests(grantRequest),
    grantRequest,
  };
}

/** The same request by both, ours twice: once made, once kept. */
async function requests(ready: Ready, refreshToken: string): Promise<readonly string[]> {
  seen.length = 0;
  for (const by of [refreshByOpenidClient, sendRefresh, sendRefresh]) await by(ready, refreshToken);
  return seen;
}

const SECRET = "s e+c/r:ä~*";
const key = signingKey("client", "ES256");
const privateKey = { ...key.privateKey.export({ format: "jwk" }), alg: "ES256", kid: "client" };

for (const [name, given] of [
  ["client_secret_basic", { clientSecret: SECRET }],
  ["client_secret_post", { clientSecret: SECRET, clientAuthentication: "client_secret_post" }],
  ["none", { clientAuthentication: "none" }],
] as const) {
  test(`F-71 with ${name} a refresh goes over the wire as openid-client sends it`, async () => {
    const ready = await readyWith(given);
    for (const refreshToken of ["refresh-1.a_b*C~", "a b+c&d=é%", "\u{1f511}"]) {
      const [theirs, made, kept] = await requests(ready, refreshToken);
      assert.match(theirs ?? "", /user-agent: openid-client\/v/);
      assert.deepEqual([made, kept], [theirs, theirs]);
    }
  });
}

for (const clientAuthentication of ["client_secret_basic", "client_secret_post"] as const) {
  test(`S-64 with ${clientAuthentication} a secret that was exchanged is sent from the next request on`, async () => {
    let secret = SECRET;
    const ready = await readyWith({ clientSecret: () => secret, clientAuthentication });
    const before = [...(await requests(ready, "refresh-1"))];
    assert.equal(new Set(before).size, 1);
    secret = "another";
    const after = [...(await requests(ready, "refresh-1"))];
    assert.equal(new Set(after).size, 1);
    assert.deepEqual(after, [...(await requests(await readyWith({ clientSecret: secret, clientAuthentication }), "refresh-1"))]);
    assert.notEqual(after[0], before[0]);
  });
}

test("F-71 with private_key_jwt every refresh has an assertion of its own, made as openid-client's", async () => {
  const ready = await readyWith({ privateKey });
  const sent = await requests(ready, "refresh-1");
  const assertions = sent.map((text) => new URLSearchParams(text.split("\r\n\r\n")[1]).get("client_assertion") ?? "");
  const [theirs, first, second] = assertions.map((assertion) => {
    const [header = "", payload = ""] = assertion.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
    const { jti, ...said } = JSON.parse(payload);
    return { jti, said, header };
  });
  assert.deepEqual([first?.header, first?.said], [theirs?.header, theirs?.said]);
  assert.equal(new Set([theirs?.jti, first?.jti, second?.jti]).size, 3);
  const others = sent.map((text, at) => text.replace(assertions[at] ?? "", "…"));
  assert.deepEqual(others.slice(1), [others[0], others[0]]);
});

test("F-71 a key with which nothing can be signed sends nothing, and is told as before", async () => {
  const weak = signingKey("weak", "RS256", 1_024).privateKey.export({ format: "jwk" });
  const ready = await readyWith({ privateKey: { ...weak, alg: "RS256" }, idTokenSigningAlg: "RS256" });
  const [theirs, ours] = [await refreshByOpenidClient(ready, "refresh-1"), await sendRefresh(ready, "refresh-1")];
  const told = [theirs, ours].map((one) => ({ ...one, cause: "cause" in one && Object.entries(Object(one.cause)) }));
  assert.deepEqual(told[1], told[0]);
  assert.equal(theirs.kind, "unavailable");
});

test("F-71 whatever the refresh token, the form is that of URLSearchParams", async () => {
  const { refreshRequest } = await readyWith({ clientAuthentication: "none" });
  const unit = fc.oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff }));
  await fc.assert(
    fc.asyncProperty(fc.array(unit, { minLength: 1 }), async (units) => {
      const refreshToken = String.fromCharCode(...units);
      const { body } = await refreshRequest(refreshToken);
      const form = [
        ["refresh_token", refreshToken],
        ["grant_type", "refresh_token"],
        ["client_id", "the app:1"],
      ];
      assert.equal(body, new URLSearchParams(form).toString());
    }),
  );
});
