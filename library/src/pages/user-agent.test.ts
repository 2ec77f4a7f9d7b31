import assert from "node:assert/strict";
import { test } from "node:test";
import { browserIn } from "./user-agent.ts";

const MOZILLA = "Mozilla/5.0";
const KIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

test("S-61 a browser is called what people call it, however many others it names", () => {
  for (const [text, ...expected] of [
    [`${MOZILLA} (Windows NT 10.0; Win64; x64) ${KIT} Chrome/126.0.0.0 Safari/537.36`, "Chrome", "Windows"],
    [`${MOZILLA} (Windows NT 10.0; Win64; x64) ${KIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0`, "Edge", "Windows"],
    [
      `${MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15`,
      "Safari",
      "macOS",
    ],
    [
      `${MOZILLA} (Linux; Android 10; K) ${KIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`,
      "Samsung Internet",
      "Android",
    ],
    [
      `${MOZILLA} (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.0.0 Mobile/15E148 Safari/604.1`,
      "Chrome",
      "iPhone",
    ],
    [`${MOZILLA} (X11; CrOS x86_64 14541.0.0) ${KIT} Chrome/126.0.0.0 Safari/537.36`, "Chrome", "ChromeOS"],
    ["curl/8.5.0", "curl", null],
    ["  PostmanRuntime/7.39.0", "PostmanRuntime", null],
    ["x".repeat(600), "x".repeat(60), null],
  ] as const) {
    const [name, system] = expected;
    assert.deepEqual(browserIn(text), { name, system });
  }
  for (const nothing of [null, undefined, "", "  ", "/"]) assert.equal(browserIn(nothing), null);
});
