/** The published suite of stores, over sealed sessions with markers; what they do not promise is declared. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { type Jar, overJar } from "../../../test-support/sealed/sealed-jar.ts";
import type { SessionStore } from "../../contracts.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../../testing/over-store.ts";
import type { StoreUnderTest } from "../../testing/store-suite/case.ts";
import { playCase, storeCases } from "../../testing/store-suite/store-suite.ts";

/** By the reason, the beginnings of names of cases that do not hold. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  "a cookie is too small for the largest rows": ["put absent stores", "put by version stores"],
  "who stores a new session is refused nothing, since its id is fresh": [
    "put absent is refused",
    "SE-12 of many writers of a new",
    "SE-12 nothing resurrects",
  ],
  "a write is refused if its state was replaced, and not if that never was": [
    "SE-12 put by version never",
    "SE-12 a put may raise",
    "SE-12 versions up to",
  ],
  "of an ending the reason is kept, and not the time or the version": ["S-42 an ended session", "SE-12 an ending on condition"],
  "a session that this process never saw may be there": ["end answers nothing"],
  "of two visits at once the answer that arrives last says when": ["S-22 touch never"],
  "sessions are not found by their owner": [
    "S-44 end by owner ends",
    "S-44 end by owner spares",
    "end by the provider's",
    "issuer and sid",
    "odd owners",
    "owners, issuers, sids",
    "end follows",
    "SE-12 however writes",
    "S-42 of many who end",
    "S-44 list",
    "F-24 list",
    "S-44 a token",
    "list by owner",
    "list answers",
    "S-24 list",
    "list follows",
  ],
  "there are no rows to sweep": ["SE-17 S-50", "SE-17 S-51", "SE-17 several", "a swept id"],
  "the store for markers is the app's to close": ["SE-16 after close every"],
};

const beginnings = Object.values(LEFT_OUT).flat();
const isLeftOut = (name: string): boolean => beginnings.some((beginning) => name.startsWith(beginning));

function make(): StoreUnderTest {
  const [jar, marks]: [Jar, SessionStore] = [new Map(), memory()];
  const replica = (): SessionStore => overJar(jar, overStore(marks, { close: () => undefined }));
  return { store: replica(), another: replica };
}

describe("store cookie+<store>", () => {
  for (const one of storeCases) {
    if (!isLeftOut(one.name)) test(one.name, () => playCase(one, { make, rows: 20 }));
    else test(`CK-07 ${one.name}: not promised`, async () => void (await assert.rejects(playCase(one, { make, rows: 300 }))));
  }

  test("CK-07 each case that is left out is there, once", () => {
    for (const beginning of beginnings)
      assert.equal(storeCases.filter(({ name }) => name.startsWith(beginning)).length, 1, beginning);
  });

  test("CK-07 docs/stores.md says what is left out of the suite, and why", () => {
    const page = readFileSync(new URL("../../../../docs/stores.md", import.meta.url), "utf8");
    for (const [reason, cases] of Object.entries(LEFT_OUT)) assert.ok(page.includes(`| ${reason} | ${cases.length} |`), reason);
  });
});
