/** The cart's form that met a step-up, in a browser: what double clicks, the way back and reloading send. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { findPageBrowser } from "../../../tools/suite/servers.ts";
import { nameAndValue } from "../../test-support/cookies.ts";
import { SECRET } from "../../test-support/origin.ts";
import { lyingProvider } from "../../test-support/provider/lying-provider.ts";
import { onFreePort } from "../../test-support/talk.ts";
import { coatcheckNode } from "../adapters/node.ts";
import { coatcheck } from "../index.ts";
import { memory } from "../stores/memory.ts";
import { signIn } from "../testing/sign-in.ts";

const HOUR = 3_600_000;
const SHOP = `<!doctype html><title>shop</title><form method="post" action="/orders?from=shop">
  <input name="item" value="hat"><textarea name="note">two
lines &amp; "quotes"</textarea><button>Order</button></form>`;

const open = new AsyncDisposableStack();
const orders: string[] = [];
let browser: Browser;
let shop = "";
let cookieOfOldLogin: () => Promise<string>;

before(async () => {
  const op = await lyingProvider();
  open.defer(() => op.close());
  const server = createServer();
  const port = await onFreePort(server);
  open.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  shop = `http://localhost:${port}`;
  const provider = { issuer: op.issuer, clientId: "app", clientSecret: "secret" };
  const auth = coatcheck({ publicUrl: shop, secrets: SECRET, store: memory(), provider, on: () => undefined });
  open.defer(() => auth.close());
  const old = { issuer: op.issuer, subject: "alice", authenticatedAt: Date.now() - HOUR };
  cookieOfOldLogin = async () => nameAndValue(await signIn(auth, old));
  const web = coatcheckNode(auth);
  const buying = web.userHandler(
    async (request, response) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk);
      orders.push(Buffer.concat(chunks).toString());
      response.setHeader("content-type", "text/html").end("<!doctype html><title>thanks</title>Thank you");
    },
    { maxAge: "5m" },
  );
  const others = web.handler((_request, response) => response.setHeader("content-type", "text/html").end(SHOP));
  server.on("request", (request, response) => {
    if (request.url?.startsWith("/orders") === true) buying(request, response);
    else others(request, response);
  });
  const executablePath = findPageBrowser() ?? assert.fail("Chromium is not installed");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  open.defer(() => browser.close());
});
after(() => open.disposeAsync());

/** A page of a user who signed in an hour ago, after the form was sent and the provider has vouched for them anew. */
async function afterStepUp(): Promise<Page> {
  orders.length = 0;
  const context = await browser.newContext();
  context.setDefaultTimeout(60_000);
  const cookie = await cookieOfOldLogin();
  const at = cookie.indexOf("=");
  await context.addCookies([{ name: cookie.slice(0, at), value: cookie.slice(at + 1), url: shop }]);
  const page = await context.newPage();
  await page.goto(shop);
  await page.getByRole("button", { name: "Order" }).click();
  await page.waitForURL(/\/auth\/continue\?form=/);
  assert.deepEqual(orders, []);
  return page;
}

const ORDER = "item=hat&note=two%0D%0Alines+%26+%22quotes%22";

test("ID-10 in a browser the cart's form arrives once: double click, the way back, a reload, another tab", async () => {
  const page = await afterStepUp();
  const kept = page.url();
  const second = await page.context().newPage();
  await second.goto(kept);
  await page.getByRole("button", { name: "Send" }).dblclick({ noWaitAfter: true });
  await page.waitForFunction(() => /^Thank you|This was sent already/.test(document.body.innerText));
  assert.deepEqual(orders, [ORDER]);
  await second.getByRole("button", { name: "Send" }).click();
  await second.getByRole("heading", { name: "This was sent already" }).waitFor();
  await second.goBack();
  await second.reload();
  await second.getByRole("heading", { name: "This was sent already" }).waitFor();
  assert.deepEqual(orders, [ORDER]);
  await page.context().close();
});

test("ID-10 in a browser a form that is left alone after the sign-in is not sent", async () => {
  const page = await afterStepUp();
  await page.goto(shop);
  await page.goBack();
  await page.getByRole("heading", { name: "Send it now?" }).waitFor();
  assert.deepEqual(orders, []);
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Thank you").waitFor();
  assert.deepEqual(orders, [ORDER]);
  await page.context().close();
});
