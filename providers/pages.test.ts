/** Settings that people paste must be settings that the gateway takes. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { temporaryFolder } from "../tools/suite/temporary-folder.ts";
import { guideFile, PAGE } from "./guide.ts";

const COMMAND = join(import.meta.dirname, "../gateway/src/main.ts");
const FLAGS = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];

const blocks = [...readFileSync(PAGE, "utf8").matchAll(/\n##+ ([^\n]+)\n(?:(?!\n##)[\s\S])*?```yaml\n([\s\S]*?)```/g)].map(
  ([, heading = "", settings = ""]) => ({ heading, settings }),
);

test("F-32 every provider's settings on the page are settings that the gateway takes", async () => {
  const found = [...blocks, { heading: "Keycloak", settings: guideFile("keycloak/coatcheck.config.yaml") }];
  assert.deepEqual(found.map(({ heading }) => heading).sort(), [
    "A forge of your own",
    "Amazon Cognito",
    "Apple",
    "Auth0",
    "Bitbucket",
    "Dex",
    "Discord",
    "GitHub",
    "Google",
    "Keycloak",
    "Microsoft Entra ID",
    "Okta",
    "X",
    "oidc-provider",
    "zitadel",
  ]);
  using folder = temporaryFolder("pages");
  await Promise.all(
    found.map(async ({ heading, settings }, index) => {
      const file = folder.write(`${index}.yaml`, settings);
      const env = {
        PATH: process.env["PATH"],
        COATCHECK_SECRET: randomBytes(32).toString("base64url"),
        COATCHECK_CLIENT_SECRET: "a-secret",
      };
      const run = promisify(execFile)(process.execPath, [...FLAGS, COMMAND, "check-config", "--config", file], {
        env,
        cwd: folder.path,
      });
      const { stdout } = await run.catch((error: unknown) => assert.fail(`${heading}: ${String(error)}`));
      assert.match(stdout, /https:\/\/app\.example\.com/, heading);
    }),
  );
});
