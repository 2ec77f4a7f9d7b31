import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "../../tools/suite/free-port.ts";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";

for (const marks of [undefined, "marks.db"]) {
  test(`SE-08 the example of sealed cookies runs ${marks === undefined ? "without a store" : "with markers"}`, async () => {
    using folder = temporaryFolder("sealed");
    const port = await freePort();
    const flags = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];
    const secret = randomBytes(32).toString("base64url");
    const app = spawn(process.execPath, [...flags, join(import.meta.dirname, "sealed-cookie.ts")], {
      cwd: folder.path,
      env: { ...process.env, COATCHECK_SECRET: secret, PORT: String(port), ...(marks === undefined ? {} : { MARKS: marks }) },
      stdio: ["ignore", "pipe", "ignore"],
    });
    assert.ok(app.stdout);
    await once(app.stdout, "data");
    let cookie = "";
    const ask = async (path: string, method: string, kept = cookie): Promise<Response> => {
      const headers = { cookie: kept, "sec-fetch-site": "same-origin", accept: "application/json" };
      return fetch(`http://localhost:${port}${path}`, { method, headers });
    };
    const keep = (answer: Response): void => {
      cookie = answer.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
    };
    keep(await ask("/sign-in/alice", "POST"));
    keep(await ask("/theme/dark", "POST"));
    const copy = cookie;
    assert.deepEqual(await (await ask("/me", "GET")).json(), { subject: "alice", theme: "dark" });
    keep(await ask("/auth/logout", "POST"));
    assert.equal((await ask("/me", "GET")).status, 401);
    assert.equal((await ask("/me", "GET", copy)).status, marks === undefined ? 200 : 401, "the copied cookie");
    app.kill("SIGTERM");
    const [status] = await once(app, "exit");
    assert.equal(status, 0);
  });
}
