/** Settings that people paste must be settings that the gateway takes. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { guideFile, PAGE } from "./guide.ts";

const COMMAND = join(import.meta.dirname, "../gateway/src/main.ts");
const FLAGS = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];

const blocks = [...readFileSync(PAGE, "utf8").matchAll(/\n##+ ([^\n]+)\n(?:(?!\n##)[\s\S])*?```yaml\n([\s\S]*?)```/g)].map(
  ([, heading = "", settings = ""]) => ({ heading, settings }),
);

test("F-32 every provider's settings on the page are settings that the gateway takes", async () => {
  const found = [...blocks, { heading: "Keycloak", settings: guideFile("keycloak/coatcheck.config.yaml") }];
  assert.deepEqual(found.map(({ heading }) => heading).sort(), [
    "Amazon Cognito",
    "Auth0",
    "Dex",
    "Google",
    "Keycloak",
    "Microsoft Entra ID",
    "Okta",
    "oidc-provider",
    "zitadel",
  ]);
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-pages-"));
  try {
    await Promise.all(
      found.map(async ({ heading, settings }, index) => {
        const file = join(folder, `${index}.yaml`);
        writeFileSync(file, settings);
        const env = {
          PATH: process.env["PATH"],
          COATCHECK_SECRET: randomBytes(32).toString("base64url"),
          COATCHECK_CLIENT_SECRET: "a-secret",
        };
        const run = promisify(execFile)(process.execPath, [...FLAGS, COMMAND, "check-config", "--config", file], {
          env,
          cwd: folder,
        });
        const { stdout } = await run.catch((error: unknown) => assert.fail(`${heading}: ${String(error)}`));
        assert.match(stdout, /https:\/\/app\.example\.com/, heading);
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
