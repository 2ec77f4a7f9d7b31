/** What people, programs and operators are told while the provider gives no tokens. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Browser } from "../test-support/browser.ts";
import { PAGE, SCRIPT, startFullGateway } from "../test-support/full-gateway.ts";
import type { Answered } from "../test-support/talk.ts";
import type { TwoReplicas } from "../test-support/two-replicas.ts";
import { RAN_OUT, twoReplicas, UNCONFIRMED } from "../test-support/two-replicas.ts";

let here: TwoReplicas;
const open = new AsyncDisposableStack();
before(async () => {
  here = open.use(await twoReplicas());
});
after(() => open.disposeAsync());
afterEach(async () => {
  here.provider.fault = null;
  await here.provider.start();
});

const visit = (browser: Browser, path: string): Promise<Answered> =>
  here.a.ask(path, { headers: { ...PAGE, cookie: browser.ticket } });

function assertPage(answer: Answered, words: RegExp): void {
  assert.deepEqual([answer.status, answer.headers["content-type"]], [503, "text/html; charset=utf-8"]);
  assert.ok(Number(answer.headers["retry-after"]) > 0, "Retry-After");
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.deepEqual(answer.setCookies, [], "the cookie stays");
  assert.match(answer.text, words);
  assert.match(answer.text, /You are still signed in/);
  assert.doesNotMatch(answer.text, /ERR_|<script/);
}

interface Line {
  readonly event: string;
  readonly level: string;
  readonly reason?: string;
  readonly path?: string;
  readonly error?: { readonly name: string; readonly code?: string; readonly check?: string; readonly message?: string };
}
const lines = (from: number): readonly Line[] => here.a.log.slice(from).map((line) => JSON.parse(line));

test("F-36 a navigation in an outage is a page that says what to do; a program gets the problem document", async () => {
  const browser = await here.signIn("page");
  await here.provider.stop();
  here.clock.pass(RAN_OUT);
  const token = await visit(browser, "/token?a=1&b=%22");
  assertPage(token, /needs a fresh permission from the service that you sign in with/);
  assert.match(token.text, /href="\/token\?a=1&amp;b=%22">Try again</);
  assert.match(token.text, /href="\/auth\/login\?return_to=%2Ftoken%3Fa%3D1%26b%3D%2522">Sign in again</);
  here.clock.pass(UNCONFIRMED);
  assertPage(await visit(browser, "/wanted"), /does not answer at the moment/);
  const program = await here.get(here.a, browser, "/token");
  assert.equal(JSON.parse(program.text).code, "ERR_PROVIDER_UNAVAILABLE");
  const away = await visit(browser, "//elsewhere.example/x");
  assert.ok(away.status !== 503 || away.text.includes('href="/">Try again<'), "it leads nowhere else");
});

test("F-36 the store's outage is a page too", async () => {
  const browser = await here.signIn("store");
  here.a.store.down = true;
  try {
    assertPage(await visit(browser, "/wanted"), /cannot be looked up who you are/);
  } finally {
    here.a.store.down = false;
  }
});

test("F-36 requests that meet a known outage are no errors; the failure is told with code, check, message", async () => {
  const browser = await here.signIn("levels");
  const from = here.a.log.length;
  here.provider.fault = (endpoint, response) => {
    if (endpoint !== "/token") return false;
    const error = { error: "invalid_client", error_description: "client-canary is unknown" };
    // It wants to be left alone for so long: the pause of our own may be over before the fifth request of a slow
    // machine.
    response.writeHead(401, { "content-type": "application/json", "retry-after": "60" }).end(JSON.stringify(error));
    return true;
  };
  here.clock.pass(RAN_OUT);
  for (let count = 0; count < 5; count += 1) assert.equal((await here.get(here.a, browser, "/token")).status, 503);
  const told = lines(from);
  const unavailable = told.filter(({ event }) => event === "request.unavailable");
  assert.deepEqual(
    unavailable.map(({ level, reason }) => [level, reason]),
    Array(5).fill(["info", "ERR_TOKEN_UNAVAILABLE"]),
  );
  const [failed, ...more] = told.filter(({ level }) => level === "error");
  assert.deepEqual(more, [], "one error, however many requests meet it");
  assert.equal(failed?.event, "refresh.failed");
  const { name, code, check, message = "" } = failed?.error ?? assert.fail("no error is told");
  assert.deepEqual([name, code, check], ["ProviderProblem", "invalid_client", "invalid_client"]);
  assert.match(message, /the provider's token endpoint answered with the error "invalid_client"|did not accept our client/);
  assert.equal(here.a.log.slice(from).join("").includes("canary"), false, "what the provider says beside the code is not");
});

test("F-36 a check of ours that a provider's answer failed is told by its name", async () => {
  const browser = await here.signIn("check");
  const from = here.a.log.length;
  here.provider.fault = (endpoint, response) => {
    if (endpoint !== "/token") return false;
    response.writeHead(200, { "content-type": "text/html" }).end("<h1>secret-canary</h1>");
    return true;
  };
  here.clock.pass(RAN_OUT);
  await here.get(here.a, browser);
  const failed = lines(from).find(({ event }) => event === "refresh.failed");
  assert.deepEqual(
    [failed?.error?.check, failed?.error?.message],
    ["content-type", "the provider's answer is not JSON by its content type"],
  );
  assert.equal(here.a.log.slice(from).join("").includes("canary"), false);
});

test("F-36 a person whose page the app does not answer gets a page, a program the problem document", async () => {
  const config = { upstreams: [{ url: "http://127.0.0.1:1", access: "optional" }] };
  await using gateway = await startFullGateway({ config, upstreams: [] });
  const page = await gateway.ask("/orders?a=1", { headers: { ...PAGE, "accept-language": "fr" } });
  assert.deepEqual([page.status, page.headers["content-type"]], [502, "text/html; charset=utf-8"]);
  assert.match(page.text, /L’application derrière ce site ne répond pas[\s\S]*href="\/orders\?a=1">Réessayer</);
  assert.doesNotMatch(page.text, /127\.0\.0\.1|ECONNREFUSED|<script/);
  const program = await gateway.ask("/orders", { headers: SCRIPT });
  assert.deepEqual([program.status, JSON.parse(program.text).code], [502, "ERR_UPSTREAM_UNAVAILABLE"]);
});
