/** The tree that each source writes over, and the names by which a setting can be given. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NAMED_SETTINGS } from "../config.ts";
import { keyOf } from "./place.ts";
import { flagOf, RawTree } from "./sources.ts";

test("F-46 what is set makes its way, and replaces what stands in it", () => {
  const set = (root: object, path: readonly (string | number)[]): unknown => {
    const tree = new RawTree(root);
    tree.set(path, "x");
    return tree.value;
  };
  assert.deepEqual(set({}, ["a"]), { a: "x" });
  assert.deepEqual(set({}, ["a", "b", "c"]), { a: { b: { c: "x" } } });
  assert.deepEqual(set({}, ["a", 0, "b"]), { a: [{ b: "x" }] });
  assert.deepEqual(set({ a: { b: 1, c: 2 } }, ["a", "b"]), { a: { b: "x", c: 2 } });
  assert.deepEqual(set({ a: [{ b: 1 }, { b: 2 }] }, ["a", 0, "b"]), { a: [{ b: "x" }, { b: 2 }] });
  for (const inTheWay of [null, "text", 7, false]) assert.deepEqual(set({ a: inTheWay }, ["a", "b"]), { a: { b: "x" } });
});

test("F-46 what is taken out leaves the rest, and where nothing is nothing is done", () => {
  const unset = (root: object, path: readonly (string | number)[]): unknown => {
    const tree = new RawTree(root);
    tree.unset(path);
    return tree.value;
  };
  assert.deepEqual(unset({ a: 1, b: 2 }, ["a"]), { b: 2 });
  assert.deepEqual(unset({ a: { b: { c: 1, d: 2 } } }, ["a", "b", "c"]), { a: { b: { d: 2 } } });
  assert.deepEqual(unset({ a: 1 }, []), { a: 1 });
  for (const root of [{}, { a: null }, { a: "text" }, { a: { b: null } }, { a: { b: 7 } }])
    assert.deepEqual(unset(root, ["a", "b", "c"]), root);
});

test("F-46 a setting is there if its value is, and no prototype has settings", () => {
  const tree = new RawTree({ a: { b: 0, c: null, d: undefined, e: "text" } });
  for (const path of [["a"], ["a", "b"], ["a", "e"]]) assert.equal(tree.has(path), true, path.join("."));
  for (const path of [["b"], ["a", "c"], ["a", "d"], ["a", "b", "c"], ["a", "c", "d"], ["a", "e", "length"], ["toString"]])
    assert.equal(tree.has(path), false, path.join("."));
});

test("F-46 what a source is given it does not change", () => {
  const given = { a: { b: 1 } };
  const tree = new RawTree(given);
  tree.set(["a", "b"], 2);
  tree.set(["c"], 3);
  assert.deepEqual(given, { a: { b: 1 } });
});

test("F-46 a variable's flag is its name in kebab case, and a secret's file is in the place of the secret", () => {
  assert.equal(flagOf("COATCHECK_TRUST_UNVERIFIED_EMAIL"), "--trust-unverified-email");
  const named = (variable: string) => {
    const { path, flag, instead } = NAMED_SETTINGS.find((one) => one.variable === variable) ?? {};
    return [path && keyOf(path), flag, instead && keyOf(instead)];
  };
  assert.deepEqual(named("COATCHECK_SCOPE"), ["providers[0].scope", "--scope", undefined]);
  assert.deepEqual(named("COATCHECK_CLIENT_SECRET"), ["providers[0].clientSecret", undefined, "providers[0].clientSecretFile"]);
  assert.deepEqual(named("COATCHECK_CLIENT_SECRET_FILE"), [
    "providers[0].clientSecretFile",
    "--client-secret-file",
    "providers[0].clientSecret",
  ]);
  assert.deepEqual(named("COATCHECK_UPSTREAM"), ["upstreams", "--upstream", undefined]);
});
