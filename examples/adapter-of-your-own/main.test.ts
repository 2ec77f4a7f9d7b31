import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { closeServer, freePort, listenNear } from "../demo/ports.ts";
import { developmentKeys } from "../demo/provider/keys.ts";
import { developmentProvider } from "../demo/provider/provider.ts";
import { formOf, Visitor } from "../demo/visitor.ts";

test("a person signs in at a real provider, in an app of a framework that Coatcheck does not know", async () => {
  const folder = temporaryFolder("example");
  const keys = developmentKeys(folder.path);
  const server = createServer();
  const issuer = `http://127.0.0.1:${await listenNear(server, 0)}`;
  const port = String(await freePort(0));
  const url = `http://localhost:${port}`;
  server.on("request", developmentProvider(issuer, { id: "example", name: "The example", origin: url }, keys).callback);
  const flags = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];
  const own = { COATCHECK_SECRET: keys.appSecret, CLIENT_ID: "example", CLIENT_SECRET: keys.clientSecret };
  const app = spawn(process.execPath, [...flags, join(import.meta.dirname, "main.ts")], {
    env: { ...process.env, ...own, ISSUER: issuer, PORT: port, PUBLIC_URL: url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(app.stdout, "data");
    const visitor = new Visitor();
    assert.equal((await visitor.go(`${url}/`)).body, "Hello stranger");
    const { action, fields } = formOf(await visitor.go(`${url}/me`));
    const page = await visitor.go(action, { form: { ...fields, pick: "alice" } });
    assert.equal(page.url.href, `${url}/me`);
    assert.equal(JSON.parse(page.body).name, "Alice Archer");
    assert.deepEqual(visitor.cookies("localhost"), [`coatcheck-${port}`]);
  } finally {
    app.kill("SIGTERM");
    const [status] = await once(app, "exit");
    await closeServer(server);
    folder[Symbol.dispose]();
    assert.equal(status, 0, "the example should stop in order");
  }
});
