/**
 * The answer of a provider by a form of its own page, which only a browser shows: which cookies it sends along with
 * such a POST.
 */
import assert from "node:assert/strict";
import { createServer } from "node:https";
import { after, before, test } from "node:test";
import { type Browser, chromium } from "playwright-core";
import { certificateOf } from "../../../../tools/suite/certificate.ts";
import { findPageBrowser } from "../../../../tools/suite/servers.ts";
import { escapeText } from "../../../test-support/browser/html.ts";
import { SECRET } from "../../../test-support/origin.ts";
import type { LyingProvider } from "../../../test-support/provider/lies.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { onFreePort } from "../../../test-support/talk.ts";
import { coatcheckNode } from "../../adapters/node.ts";
import type { AuditEvent } from "../../contracts.ts";
import { coatcheck } from "../../index.ts";
import { memory } from "../../stores/memory.ts";

let op: LyingProvider;
let browser: Browser;
let app = "";
const posts: { readonly cookies: string; readonly origin: string | undefined; readonly site: unknown }[] = [];
const events: AuditEvent[] = [];
const open = new AsyncDisposableStack();

before(async () => {
  op = await lyingProvider();
  open.defer(() => op.close());
  op.lies.raw = async ({ endpoint, query }, response) => {
    if (endpoint !== "authorization" || query.get("response_mode") !== "form_post") return false;
    // The provider's own page, as it would come after the person has signed in there.
    const plain = new URLSearchParams(query);
    plain.delete("response_mode");
    const { response: fields } = await op.authorize(`${op.issuer}/authorize?${plain}`);
    const inputs = [...fields].map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeText(value)}">`);
    const form = `<form method="post" action="${escapeText(query.get("redirect_uri") ?? "")}">${inputs.join("")}<button>Go on</button></form>`;
    response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><title>provider</title>${form}`);
    return true;
  };
  const server = createServer(certificateOf("127.0.0.1"));
  const port = await onFreePort(server);
  open.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  app = `https://localhost:${port}`;
  const provider = { issuer: op.issuer, clientId: "app", clientSecret: "secret", responseMode: "form_post" } as const;
  const auth = coatcheck({ publicUrl: app, secrets: SECRET, store: memory(), provider, on: (event) => events.push(event) });
  open.defer(() => auth.close());
  const handler = coatcheckNode(auth).handler((_request, response, session) => {
    response
      .setHeader("content-type", "text/html")
      .end(`<!doctype html><title>app</title>${session.identity?.subject ?? "nobody"}`);
  });
  server.on("request", (request, response) => {
    const { cookie = "", origin, "sec-fetch-site": site } = request.headers;
    if (request.method === "POST") posts.push({ cookies: cookie, origin, site });
    handler(request, response);
  });
  const executablePath = findPageBrowser() ?? assert.fail("Chromium is not installed");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  open.defer(() => browser.close());
});
after(() => open.disposeAsync());

test("CB-08 CK-04 in a browser the login's cookie comes with the provider's form, and the login succeeds", async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await page.goto(`${app}/auth/login?return_to=/cart`);
  assert.equal(new URL(page.url()).origin, op.origin);
  const [waiting] = await context.cookies(app);
  assert.deepEqual([waiting?.sameSite, waiting?.secure, waiting?.httpOnly], ["None", true, true]);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForURL(`${app}/cart`);
  assert.match(await page.content(), /alice/);
  const [post] = posts;
  assert.deepEqual([post?.origin, post?.site], [op.origin, "cross-site"]);
  assert.match(post?.cookies ?? "", /^__Host-Http-coatcheck\.login\.[\w-]{11}=/);
  const [session, ...others] = await context.cookies(app);
  assert.deepEqual([session?.name, session?.sameSite, others.length], ["__Host-Http-coatcheck", "Lax", 0]);
  await context.close();
});

test("CB-08 CS-08 the form of another site's page signs no user in", async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await page.goto(`${app}/auth/login`);
  const stolen = await page.locator("form input").evaluateAll((inputs) => inputs.map((input) => input.outerHTML).join(""));
  await page.route("https://evil.example/**", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<form method="post" action="${app}/auth/callback">${stolen}<button>Win</button></form>`,
    }),
  );
  await page.goto("https://evil.example/");
  await page.getByRole("button", { name: "Win" }).click();
  await page.waitForURL(`${app}/auth/callback`);
  assert.equal(
    (await context.cookies(app)).some(({ name }) => name === "__Host-Http-coatcheck"),
    false,
  );
  assert.equal(
    events.some(({ name }) => name === "login.failed"),
    true,
  );
  await context.close();
});
