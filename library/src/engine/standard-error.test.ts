/** F-37: an app that gives no `on` hears of what goes wrong all the same, and its developer sees why on the page. */
import assert from "node:assert/strict";
import { after, mock, test } from "node:test";
import { cookieOf } from "../../test-support/cookies.ts";
import { LOOPBACK, SECRET } from "../../test-support/origin.ts";
import { lyingProvider } from "../../test-support/provider/lying-provider.ts";
import { NAVIGATION } from "../../test-support/requests.ts";
import type { CoatcheckOptions } from "../index.ts";
import { coatcheck } from "../index.ts";
import { memory } from "../stores/memory.ts";
import { lineOf } from "./standard-error.ts";

const op = await lyingProvider();
after(() => op.close());

/**
 * Signs in over an app of these options, with an answer of the provider that is bent; gives the page and what was said.
 */
async function failedLogin(origin: string, options: Partial<CoatcheckOptions<unknown>> = {}) {
  const said: string[] = [];
  const write = mock.method(process.stderr, "write", (text: string) => said.push(text.trimEnd()) > 0);
  const auth = coatcheck({
    publicUrl: origin,
    secrets: SECRET,
    store: memory(),
    provider: { issuer: op.issuer, clientId: op.clientId, clientSecret: op.clientSecret },
    ...options,
  });
  const visit = (url: string, cookie = "") =>
    auth.handle(new Request(url, { headers: { ...NAVIGATION, host: new URL(origin).host, cookie } }), () => new Response("app"));
  try {
    op.lies.claims = (honest) => ({ ...honest, nonce: "another" });
    const begun = await visit(`${origin}/auth/login`);
    const { location } = await op.authorize(begun.headers.get("location") ?? "");
    const page = await (await visit(location.href, cookieOf(begun))).text();
    return { page, said, code: location.searchParams.get("code") ?? "", state: location.searchParams.get("state") ?? "" };
  } finally {
    await auth.close();
    write.mock.restore();
    op.reset();
  }
}

test("F-37 without on, warnings and errors go to standard error, and the page's reference is among them", async () => {
  const { page, said, code, state } = await failedLogin(LOOPBACK);
  const reference = /<code>([0-9a-f]{12})<\/code>/.exec(page)?.[1] ?? assert.fail(page);
  const line = said.find((one) => one.includes(reference)) ?? assert.fail(said.join("\n"));
  assert.match(
    line,
    /^coatcheck (warn|error) login\.failed code=ERR_PROVIDER_RESPONSE reason=\S+ reference=[0-9a-f]{12} provider=default: ProviderProblem/,
  );
  assert.doesNotMatch(said.join("\n"), / (info|debug) /, "and nothing else does");
  for (const secret of [code, state, op.clientSecret, SECRET])
    assert.equal(`${page}${said.join("")}`.includes(`=${secret}`), false);
});

test("F-37 on a loopback address the page shows the cause; elsewhere it does not", async () => {
  const here = await failedLogin(LOOPBACK);
  assert.match(here.page, /On this machine: <code>ERR_PROVIDER_RESPONSE \([a-z_-]+\): ProviderProblem/);
  const { page, said } = await failedLogin("https://app.example.com");
  assert.doesNotMatch(page, /On this machine|ProviderProblem|ERR_/);
  assert.ok(said.some((line) => line.includes("login.failed")));
});

test("F-37 with on, nothing is said beside it", async () => {
  const events: string[] = [];
  const { said } = await failedLogin(LOOPBACK, { on: ({ name }) => void events.push(name) });
  assert.deepEqual(said, []);
  assert.ok(events.includes("login.failed"));
});

test("F-46 a line has the level, the name and what is known; what only a listener is told has none", () => {
  assert.equal(lineOf({ name: "session.created", level: "info" }), null);
  assert.equal(lineOf({ name: "session.refused", level: "debug" }), null);
  assert.equal(lineOf({ name: "refresh.taken-over", level: "warn" }), "coatcheck warn refresh.taken-over");
  assert.equal(
    lineOf({
      name: "refresh.failed",
      level: "error",
      code: "ERR_INTERNAL",
      reason: "unknown",
      reference: "0a1b2c",
      provider: "default",
      sessionId: "s1",
      count: 0,
    }),
    "coatcheck error refresh.failed code=ERR_INTERNAL reason=unknown reference=0a1b2c provider=default session=s1 count=0",
  );
  assert.equal(lineOf({ name: "store.failed", level: "warn", error: new Error("gone") }), "coatcheck warn store.failed: Error");
});
