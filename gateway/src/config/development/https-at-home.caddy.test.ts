/** docs/guides/https-at-home, with a real Caddy before a gateway. Only the ports are others. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../../../tools/suite/free-port.ts";
import { findServer } from "../../../../tools/suite/servers.ts";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { ServedGateway } from "../../../test-support/command.ts";

const GUIDE = join(import.meta.dirname, "../../../../docs/guides/https-at-home/Caddyfile");
const NAME = "app.home.arpa";

test("S-68 caddy: the guide's file gives a private network TLS, so that nothing has to go over plain http", async () => {
  const command = findServer("caddy");
  assert.ok(command !== undefined, "there is no caddy on this machine");
  using folder = temporaryFolder("https-at-home");
  const port = await freePort();
  const environment = { COATCHECK_PUBLIC_URL: `https://${NAME}:${port}`, COATCHECK_TRUSTED_PROXIES: "127.0.0.1" };
  await using gateway = await ServedGateway.start({ environment });
  await gateway.introduced();
  const file = readFileSync(GUIDE, "utf8")
    .replace("skip_install_trust", "skip_install_trust\n\tadmin off\n\tauto_https disable_redirects")
    .replace(NAME, `${NAME}:${port}`)
    .replace("127.0.0.1:4180", `127.0.0.1:${gateway.port}`);
  const config = folder.write("Caddyfile", file);
  const home = { HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path };
  const caddy = spawn(command, ["run", "--config", config, "--adapter", "caddyfile"], { env: home, stdio: "ignore" });
  try {
    const root = folder.file("caddy/pki/authorities/local/root.crt");
    const { status, text } = await asked(port, root);
    assert.equal(status, 401, text);
    assert.match(text, /ERR_UNAUTHENTICATED/);
  } finally {
    if (caddy.exitCode === null) {
      caddy.kill("SIGKILL");
      await once(caddy, "exit");
    }
  }
});

/** Asks until Caddy has made its certificates. The test's own limit ends it. */
async function asked(port: number, root: string): Promise<{ readonly status: number; readonly text: string }> {
  for (;;) {
    try {
      if (existsSync(root)) return await session(port, readFileSync(root, "utf8"));
    } catch {
      // It does not listen yet, or has no certificate for the name yet.
    }
    await sleep(50);
  }
}

async function session(port: number, ca: string): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { host: `${NAME}:${port}`, accept: "application/json" };
  const sent = get({ host: "127.0.0.1", port, path: "/auth/session", headers, ca, servername: NAME, agent: false });
  const [response] = await once(sent, "response");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, text };
}
