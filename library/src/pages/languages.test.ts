import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { languageOf, negotiated, WORDS } from "./languages.ts";
import { ENGLISH } from "./words/english.ts";

const OFFERED = ["en", "de", "fr", "pt-BR", "zh-Hant"];

test("pages: the language that the browser asks for most is chosen, else the first", () => {
  for (const [header, language] of [
    [undefined, "en"],
    ["", "en"],
    ["de", "de"],
    ["DE-ch", "de"],
    ["it, de;q=0.5, fr;q=0.8", "fr"],
    ["de;q=0, fr;q=0.1", "fr"],
    ["it, *;q=0.5", "en"],
    ["*", "en"],
    ["pt", "pt-BR"],
    ["pt-PT, fr;q=0.9", "fr"],
    ["zh-Hant-TW", "zh-Hant"],
    ["de;q=2", "en"],
    ["de;q=0.5;x=1, fr;q=0.4", "fr"],
    [`${"x,".repeat(600)}de`, "en"],
    [`${"x,".repeat(20)}de`, "en"],
    ["<script>", "en"],
  ] as const)
    assert.equal(negotiated(header, OFFERED), language, header);
});

test("pages: whatever is asked for, one of the languages is the answer", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (header) =>
      assert.ok(OFFERED.includes(negotiated(header, OFFERED))),
    ),
  );
});

const placeholders = (text: string): readonly string[] => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).toSorted();

for (const [tag, words] of Object.entries(WORDS))
  test(`pages: every text is there in ${tag}, with what is filled in`, () => {
    assert.deepEqual(Object.keys(words), Object.keys(ENGLISH));
    const english = new Map<string, string>(Object.entries(ENGLISH));
    for (const [key, text] of Object.entries(words)) {
      assert.deepEqual(placeholders(text), placeholders(english.get(key) ?? ""), key);
      assert.ok(text.trim() === text && text !== "", key);
      if (tag !== "en" && !(key.startsWith("devices.") && placeholders(text).length > 1))
        assert.notEqual(text, english.get(key), `${key} is not translated`);
    }
  });

test("pages: times are said in the language, and what is written the other way carries nothing along", () => {
  const [english, german, arabic] = [
    languageOf("en", {}),
    languageOf("de", WORDS["de"] ?? {}),
    languageOf("ar", WORDS["ar"] ?? {}),
  ];
  const now = 1_800_000_000_000;
  assert.deepEqual(
    [0, 59_999, 60_000, 3_599_999, 7_200_000, 90_000_000].map((ago) => english.when(now - ago, now)),
    ["now", "now", "1 minute ago", "59 minutes ago", "2 hours ago", "yesterday"],
  );
  assert.deepEqual([german.when(now + 3 * 86_400_000, now), german.span(5_400_000)], ["in 3 Tagen", "2 Stunden"]);
  assert.deepEqual([english.direction, arabic.direction], ["ltr", "rtl"]);
  const address = "192.0.2.0/24";
  assert.equal(english.text("devices.from", { address }), `From ${address}`);
  assert.equal(arabic.text("devices.from", { address }), `من \u2068${address}\u2069`);
  const turned = english.text("devices.agent", { agent: "\u202eevil\u2069\u2066 ارتباط" });
  assert.equal(turned, "\u2068evil ارتباط\u2069 (acts for you)");
});

test("pages: a name in braces is not filled in a second time", () => {
  const filled = languageOf("en", {}).text("devices.forScope", { audience: "{scope}", scope: "$&{audience}" });
  assert.equal(filled, "For {scope}: $&{audience}");
});
