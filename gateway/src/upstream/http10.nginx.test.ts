import assert from "node:assert/strict";
import { test } from "node:test";
import { findServer } from "../../../tools/suite/servers.ts";
import { startStockNginx } from "../../test-support/fronting-proxy/stock-nginx.ts";
import { startFullGateway } from "../../test-support/full-gateway.ts";
import { rawUpstream } from "../../test-support/raw-upstream.ts";
import { ask } from "../../test-support/talk.ts";

const TRAILED = "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n";

test("F-02 stock nginx in front: an app that announces trailers is answered, whatever cookie came along", async () => {
  const command = findServer("nginx");
  assert.ok(command !== undefined, "there is no nginx on this machine");
  await using app = await rawUpstream(() => TRAILED);
  await using gateway = await startFullGateway({ upstream: { url: app.url, access: "optional" } });
  await using nginx = await startStockNginx(command, gateway.port);
  const alice = await gateway.signIn("alice");
  const forged = `${alice.slice(0, -3)}xyz`;
  for (const cookie of [undefined, "__Host-Http-coatcheck=garbage", forged, alice]) {
    const answer = await ask(nginx.port, "/", { headers: cookie === undefined ? {} : { cookie } });
    assert.equal(answer.status, 200, `${cookie}: ${answer.text}`);
    assert.equal(answer.text, "abc");
  }
});
