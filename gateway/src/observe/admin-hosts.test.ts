import assert from "node:assert/strict";
import { test } from "node:test";
import { echo, exchange, startHarness, statusOf } from "../../test-support/harness.ts";

const HOSTS: readonly (readonly [host: string, status: number])[] = [
  ["127.0.0.1:4181", 200],
  ["127.0.0.1", 200],
  ["[::1]:4181", 200],
  ["10.244.3.7:4181", 200],
  ["[fd00::7]", 200],
  ["localhost:4181", 200],
  ["coatcheck", 200],
  ["coatcheck_1:4181", 200],
  ["metrics.internal.example:4181", 200],
  ["METRICS.internal.example", 200],
  ["evil.example", 421],
  ["evil.example:4181", 421],
  ["127.0.0.1.evil.example", 421],
  ["app.example.com", 421],
  ["127.0.0.1evil.example", 421],
  ["localhost.evil.example:80", 421],
  ["1.2.3.4.5", 421],
  ["", 421],
];

test("F-10 the admin listener answers no foreign name: a page that points its own here reads nothing", async (context) => {
  const harness = await startHarness(echo, { config: { admin: { listen: "127.0.0.1:0", hosts: ["metrics.internal.example"] } } });
  context.after(() => harness[Symbol.asyncDispose]());
  for (const path of ["/metrics", "/health/live", "/sessions"]) {
    for (const [host, expected] of HOSTS) {
      const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      const answer = await exchange(harness.gateway.adminPort ?? 0, head);
      // Without a token there is no sessions API.
      assert.equal(statusOf(answer), expected === 200 && path === "/sessions" ? 404 : expected, `${path} of ${host}`);
      if (expected === 421) assert.match(answer, /ERR_MISDIRECTED/);
    }
  }
});
