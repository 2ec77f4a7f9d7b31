import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { check } from "./check.ts";
import { ANY_PORTS, startDemo } from "./demo.ts";
import { closeServer, freePort, listenNear } from "./ports.ts";
import { developmentKeys } from "./provider/keys.ts";
import { Visitor } from "./visitor.ts";

const folder = temporaryFolder("demo");
after(() => folder[Symbol.dispose]());

/** The demo as its command starts it, and what it has said so far. */
function start(...args: readonly string[]): { readonly child: ChildProcess; said(): string; ended: Promise<number | null> } {
  const flags = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, "main.ts"), ...args], { stdio: "pipe" });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  const ended = once(child, "close").then(([status]) => status);
  return { child, said: () => text, ended };
}

test("--check goes through everything, one line a step, and exits 0", async () => {
  const { said, ended } = start("--check");
  assert.equal(await ended, 0, said());
  const lines = said().trimEnd().split("\n");
  assert.deepEqual(
    lines.filter((line) => !line.startsWith("ok    ")),
    [],
  );
  assert.ok(lines.some((line) => line.includes("the copied cookie is dead: 401")));
});

test("the demo prints one line with its address, and one signal stops all of it", async () => {
  const { child, said, ended } = start("--folder", folder.file("kept"));
  await Promise.race([once(child.stdout ?? assert.fail(), "data"), ended]);
  const [, url = ""] = /^Open (http:\/\/localhost:\d+) .*\n$/.exec(said()) ?? assert.fail(said());
  assert.equal((await new Visitor().go(url)).status, 200);
  const login = await new Visitor().go(`${url}/desk`);
  assert.match(login.body, /Who are you today/);
  child.kill("SIGINT");
  assert.equal(await ended, 0, said());
  assert.equal(said().trimEnd().split("\n").length, 1, "nothing but the one line");
  for (const origin of [url, login.url.origin]) await assert.rejects(new Visitor().go(origin), /ECONNREFUSED/);
});

test("F-57 the demo leaves nothing behind, also where its process is killed", async () => {
  const { child, said, ended } = start("--folder", folder.file("killed"));
  await Promise.race([once(child.stdout ?? assert.fail(), "data"), ended]);
  const [, url = ""] = /^Open (http:\/\/localhost:\d+) /.exec(said()) ?? assert.fail(said());
  child.kill("SIGKILL");
  await ended;
  await gone(url);
});

test("F-57 the demo stops when npm is ended by its process id", async () => {
  const place = folder.file("orphaned");
  const flags = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];
  const command = [process.execPath, ...flags, join(import.meta.dirname, "main.ts"), "--folder", place].map(
    (word) => `'${word}'`,
  );
  // As npm does it: a shell that stays in between.
  const shell = spawn("sh", ["-c", `${command.join(" ")}; true`], { stdio: "pipe" });
  const [line] = await once(shell.stdout, "data");
  const [, url = ""] = /^Open (http:\/\/localhost:\d+) /.exec(String(line)) ?? assert.fail(String(line));
  shell.kill("SIGKILL");
  await gone(url);
});

/** Resolves when no server answers at the address any more. */
async function gone(url: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const heard = await new Visitor().go(url).catch((error: unknown) => error);
    if (heard instanceof Error && /ECONNREFUSED/.test(heard.message)) return;
    await sleep(50);
  }
  assert.fail(`a server still answers at ${url}`);
}

test("an option that does not exist is named, and nothing starts", async () => {
  const { said, ended } = start("--chek");
  assert.equal(await ended, 1);
  assert.match(said(), /--chek/);
});

test("a check that fails names the step and stops there", async () => {
  const server = createServer((_request, response) => response.end("Hello, stranger."));
  const url = `http://localhost:${await listenNear(server, 0)}`;
  const demo = await startDemo(folder.file("broken"), ANY_PORTS);
  const said: string[] = [];
  try {
    assert.equal(await check({ ...demo, url }, (line) => said.push(line)), false);
  } finally {
    await demo.close();
    await closeServer(server);
  }
  assert.match(said[0] ?? "", /^FAIL {2}an anonymous caller is sent to the provider's login page/);
  assert.equal(said.filter((line) => /^(ok|FAIL)/.test(line)).length, 1);
});

test("keys are made once, are their owner's alone, and a file that holds none is refused", () => {
  const place = folder.file("keys");
  const keys = developmentKeys(place);
  assert.deepEqual(developmentKeys(place), keys);
  assert.equal(statSync(join(place, "keys.json")).mode & 0o777, 0o600);
  assert.notEqual(keys.gatewaySecret, keys.appSecret);
  writeFileSync(join(place, "keys.json"), "{");
  assert.throws(() => developmentKeys(place), /delete the folder/);
});

test("what the demo writes beside its keys holds no secret", async () => {
  const place = folder.file("written");
  const demo = await startDemo(place, ANY_PORTS);
  await demo.close();
  const { gatewaySecret, clientSecret } = developmentKeys(place);
  for (const file of ["coatcheck.config.json", "gateway.log"]) {
    const text = readFileSync(join(place, file), "utf8");
    for (const secret of [gatewaySecret, clientSecret]) assert.ok(!text.includes(secret), file);
  }
});

test("a port that is taken is passed over, and so is the one that browsers refuse", async () => {
  const servers = [createServer(), createServer()];
  const [first, second] = servers;
  assert.ok(first && second);
  const port = await listenNear(first, 0);
  const next = await listenNear(second, port);
  assert.ok(next > port);
  const third = await freePort(port, [next + 1]);
  assert.ok(third > next && third !== next + 1);
  assert.notEqual(await freePort(4190), 4190);
  for (const server of servers) await closeServer(server);
});
