/** The example of a program that signs in through a person's browser: the program as it is, and a real browser. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../../../tools/suite/chromium.ts";
import { freePort } from "../../../../tools/suite/free-port.ts";
import { findPageBrowser } from "../../../../tools/suite/servers.ts";
import type { FullGateway } from "../../../test-support/full-gateway.ts";
import { type GatewaysAtProvider, gatewaysAtProvider } from "../../../test-support/provider/gateways-at-provider.ts";

const EXAMPLE = join(import.meta.dirname, "../../../../examples/cli-login/main.ts");
const AUDIENCE = { name: "api", scope: "jobs:read", lifetime: "5m", family: "30d", users: true };

const open = new AsyncDisposableStack();
let here: GatewaysAtProvider;
let gateway: FullGateway;
let browser: Browser;
let site: string;

before(async () => {
  here = open.use(await gatewaysAtProvider());
  const port = await freePort();
  site = `http://localhost:${port}`;
  gateway = await here.start({
    config: { publicUrl: site, listen: `127.0.0.1:${port}`, tokens: { audiences: [AUDIENCE] } },
    upstreams: [{ access: "user" }, { access: "api", paths: ["/api"], audience: "api", scope: "jobs:read" }],
  });
  const executablePath = findPageBrowser() ?? assert.fail("Chromium is not installed");
  browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
  open.defer(() => browser.close());
});
after(() => open.disposeAsync());

/** The program, and what it says. */
function program(...args: readonly string[]) {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", EXAMPLE, site, ...args]);
  open.defer(() => void child.kill());
  const exited = once(child, "exit");
  let [said, complained] = ["", ""];
  const asked = Promise.withResolvers<string>();
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complained += text));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    const address = /^http:\S+authorize\S+$/m.exec(said)?.[0];
    if (address !== undefined) asked.resolve(address);
  });
  const ended = async () => ({ code: (await exited)[0], said, complained });
  return { address: () => asked.promise, ended };
}

async function pageOf(address: string): Promise<Page> {
  const context = await browser.newContext();
  open.defer(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(address);
  return page;
}

test("S-58 a program signs in through the browser of a person, calls the API, refreshes, and signs out", async () => {
  here.provider.user = { sub: "alice", email: "alice@example.com" };
  const cli = program("api", "jobs:read", `${site}/api/jobs`);
  // Signed in nowhere yet: the login comes first, and leads back.
  const page = await pageOf(await cli.address());
  await page.getByRole("heading", { name: "Let a program in?" }).waitFor();
  assert.match(await page.locator("main").innerText(), /coatcheck-example-cli asks to act for you, alice@example\.com/);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByText("You can close this window").waitFor();
  assert.ok(page.url().startsWith("http://127.0.0.1:"));
  const { code, said, complained } = await cli.ended();
  assert.deepEqual([code, complained], [0, ""]);
  assert.match(said, /good for 300 seconds\.\nhttp:\S+\/api\/jobs: 200\n.*\nRefreshed\.\nhttp:\S+: 200\n.*\nSigned out\.\n$/);
  const users = gateway.seen.map(({ headers }) => headers["x-auth-request-user"]);
  assert.deepEqual(users, ["alice", "alice"]);
});

test("S-58 a person who refuses gives the program nothing", async () => {
  const cli = program("api", "jobs:read");
  const page = await pageOf(await cli.address());
  await page.getByRole("button", { name: "Refuse" }).click();
  await page.getByText("You can close this window").waitFor();
  const { code, complained } = await cli.ended();
  assert.deepEqual([code, /The site refused: access_denied/.test(complained)], [1, true]);
});
