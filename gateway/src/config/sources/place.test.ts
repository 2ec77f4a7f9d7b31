/** How a place of the configuration is named, and what is said of where its value came from. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProblems, keyOf, Place } from "./place.ts";

test("F-46 a key is written as people write it", () => {
  assert.equal(keyOf(["upstreams", 0, "paths", 12]), "upstreams[0].paths[12]");
  assert.equal(keyOf(["a"]), "a");
  assert.equal(keyOf([]), "");
});

const FILE = "coatcheck.config.yaml";
const VARIABLE = "COATCHECK_ISSUER";

/** What was noted of the place and of those above it, and what is said of it. */
const WHENCE: readonly (readonly [given: object, variables: object, said: string, name: string])[] = [
  [{}, {}, "Set it in the file.", "providers[0].issuer"],
  [{ "providers[1]": FILE, issuer: FILE }, { providersX: VARIABLE }, "Set it in the file.", "providers[0].issuer"],
  [{}, { "providers[0].issuer": VARIABLE }, `Set ${VARIABLE}, or the key in the file.`, "COATCHECK_ISSUER (providers[0].issuer)"],
  [{ providers: FILE }, {}, `It was set by ${FILE}.`, "providers[0].issuer"],
  [
    { providers: FILE },
    { "providers[0]": VARIABLE },
    `It was set by ${FILE}; its environment variable is ${VARIABLE}.`,
    "COATCHECK_ISSUER (providers[0].issuer)",
  ],
  [
    { providers: FILE, "providers[0].issuer": VARIABLE },
    { "providers[0].issuer": VARIABLE, providers: "COATCHECK_OTHER" },
    `It was set by ${VARIABLE}.`,
    "COATCHECK_ISSUER (providers[0].issuer)",
  ],
];

test("F-46 what is wrong is said with what set it, the nearest that is known, and what else could", () => {
  for (const [given, variables, said, name] of WHENCE) {
    const origins = { given: new Map(Object.entries(given)), variables: new Map(Object.entries(variables)), directory: "/a" };
    const root = new Place(origins);
    const place = root.child("providers").child(0).child("issuer");
    assert.equal(place.fail("is wrong", "It is so."), undefined);
    assert.deepEqual(root.problems, [{ headline: "providers[0].issuer is wrong", lines: ["It is so.", said] }]);
    assert.deepEqual([place.name, place.directory], [name, "/a"]);
  }
});

test("F-46 problems are printed one below the other, their lines indented", () => {
  const problems = [
    { headline: "a", lines: ["b", "c"] },
    { headline: "d", lines: [] },
  ];
  assert.equal(formatProblems(problems), "coatcheck: a\n  b\n  c\ncoatcheck: d");
});
