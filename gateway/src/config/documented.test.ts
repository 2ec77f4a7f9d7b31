/** Configurations that the documentation shows are ones that the gateway takes. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { loadConfig } from "./config.ts";
import { formatProblems } from "./sources/place.ts";

const DOCS = join(import.meta.dirname, "../../../docs");
const SECRET = randomBytes(32).toString("base64url");

/** The pages leave secrets to the environment. */
const environmentOf = (text: string) => ({
  COATCHECK_SECRET: SECRET,
  ...(/^providers:/m.test(text) ? { COATCHECK_CLIENT_SECRET: "from-your-provider" } : {}),
});

const pages = ["", "guides"].flatMap((folder) =>
  readdirSync(join(DOCS, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);

/** Blocks of settings; those of other programs have no `publicUrl`. What a page leaves to its reader is filled in. */
const shown = pages.flatMap((page) =>
  [...readFileSync(join(DOCS, page), "utf8").matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, text = ""], index) => ({ name: `${page}, block ${index + 1}`, text: text.replace(/from-the-proxy-[\w-]+/, SECRET) }))
    .filter(({ text }) => /^publicUrl:/m.test(text)),
);

test("documentation: every configuration that a page shows is one that the gateway starts with", () => {
  assert.ok(shown.length >= 10, `${shown.length} configurations were found`);
  for (const { name, text } of shown) {
    using directory = temporaryFolder("documented");
    const secret = directory.write("secret", SECRET);
    directory.write("coatcheck.config.yaml", text.replaceAll(/\/run\/secrets\/\S+/g, secret));
    for (const [, file = ""] of text.matchAll(/"file:([\w.-]+)"/g)) directory.write(file, "alice@example.com\n");
    const loaded = loadConfig({ args: [], environment: environmentOf(text), directory: directory.path });
    assert.ok(loaded.ok, loaded.ok ? "" : `${name}: ${formatProblems(loaded.problems)}`);
  }
});
