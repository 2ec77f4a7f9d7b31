/** Chromium as a person has it: tabs of one window, of which one is shown. What drives it emulates nothing. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { BrowserContext } from "playwright-core";
import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../../tools/suite/chromium.ts";
import { findServer } from "../../../tools/suite/servers.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";

const FLAGS = [...CHROMIUM_FLAGS, "--headless=new", "--remote-debugging-port=0"];
const START = 30_000;

export interface Window extends AsyncDisposable {
  readonly context: BrowserContext;
}

export async function openWindow(): Promise<Window> {
  const command = findServer("chromium") ?? assert.fail("Chromium is not installed");
  const folder = temporaryFolder("chromium");
  const child = spawn(command, [...FLAGS, `--user-data-dir=${folder.path}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  const address = Promise.withResolvers<string>();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    const found = /DevTools listening on (ws:\/\/\S+)/.exec(said)?.[1];
    if (found !== undefined) address.resolve(found);
  });
  const timer = setTimeout(() => address.reject(new Error(`Chromium does not start: ${said}`)), START);
  const browser = await chromium.connectOverCDP(await address.promise.finally(() => clearTimeout(timer)), { noDefaults: true });
  const [context] = browser.contexts();
  assert.ok(context !== undefined);
  context.setDefaultTimeout(60_000);
  return {
    context,
    async [Symbol.asyncDispose]() {
      await browser.close();
      child.kill();
      await exited;
      folder[Symbol.dispose]();
    },
  };
}
