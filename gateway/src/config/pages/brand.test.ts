import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { loadConfig } from "../config.ts";

const environment = {
  COATCHECK_SECRET: randomBytes(32).toString("base64url"),
  COATCHECK_PUBLIC_URL: "http://localhost:4180",
  COATCHECK_ISSUER: "https://id.example.com",
  COATCHECK_CLIENT_ID: "app",
  COATCHECK_CLIENT_SECRET: "of-the-client",
};

test("pages: the gateway takes a brand and languages, from its file and from the environment", () => {
  using folder = temporaryFolder("brand");
  folder.write("brand.css", ".brand { color: teal }\n");
  const file = { brand: { name: "Shop", logo: "/logo.svg", accent: "#0A7d4f", css: "brand.css" }, language: ["de", "en"] };
  const loaded = loadConfig({ args: [], environment, directory: folder.path, file });
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.settings.brand, {
    ...{ name: "Shop", logo: "/logo.svg", accent: "#0A7d4f", accentDark: undefined },
    css: ".brand { color: teal }\n",
  });
  assert.deepEqual(loaded.settings.language, ["de", "en"]);
  const more = { COATCHECK_BRAND_NAME: "Laden", COATCHECK_LANGUAGE: "de,fr", COATCHECK_BRAND_ACCENT_DARK: "#99ff99" };
  const given = loadConfig({ args: [], environment: { ...environment, ...more }, directory: folder.path, file: {} });
  assert.ok(given.ok);
  const { brand, language } = given.settings;
  assert.deepEqual([brand.name, brand.accentDark, language], ["Laden", "#99ff99", ["de", "fr"]]);
});

test("pages: what cannot be right of brand and language is told by its key, with what would be", () => {
  using folder = temporaryFolder("brand");
  folder.write("bad.css", "a{}</style><script>");
  folder.write("empty.css", "\n");
  for (const [file, words] of [
    [{ brand: { name: "x".repeat(101) } }, /^brand\.name is x+\.\.\.\nIt is a text of at most 100 characters\./m],
    [{ brand: { logo: "http://shop.example/a.png" } }, /brand\.logo is http:\S+, which is no picture's address\n.*https:/],
    [{ brand: { logo: "//evil.example/a.png" } }, /no picture's address/],
    [{ brand: { accent: "teal" } }, /brand\.accent is teal, which is no colour\nWrite it as #2f55d4/],
    [{ brand: { css: "missing.css" } }, /brand\.css is \S+, which cannot be read/],
    [{ brand: { css: "bad.css" } }, /brand\.css is bad\.css, which has no CSS in it/],
    [{ brand: { css: "empty.css" } }, /which has no CSS in it/],
    [{ brand: { colour: "#ffffff" } }, /brand\.colour is no setting/],
    [{ language: "nl" }, /language\[0\] is nl\nIt is one of en, de, fr, es, ja, ar\./],
    [{ language: [] }, /language is empty/],
  ] as const) {
    const loaded = loadConfig({ args: [], environment, directory: folder.path, file });
    assert.ok(!loaded.ok, JSON.stringify(file));
    assert.match(loaded.problems.flatMap(({ headline, lines }) => [headline, ...lines]).join("\n"), words);
  }
});
