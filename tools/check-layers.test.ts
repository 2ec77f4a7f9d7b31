import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLayers, layers, publishedNames, unusedAllowances } from "./check-layers.ts";

const published = new Set(["coatcheck", "coatcheck/memory"]);

function verdict(path: string, text: string): string[] {
  return checkLayers([{ path, text }], published).map((violation) => violation.message);
}

const refused: readonly (readonly [path: string, text: string, why: RegExp])[] = [
  ["library/src/contracts.ts", 'import type { ErrorCode } from "./core/errors.ts";', /contracts imports core\/errors/],
  ["library/src/core/plan.ts", 'import { seal } from "../crypto/seal.ts";', /core imports crypto\/seal/],
  ["library/src/core/plan.ts", 'import { createHash } from "node:crypto";', /from outside it may import nothing/],
  ["library/src/core/plan.ts", 'const c = await import("node:crypto");', /from outside it may import nothing/],
  ["library/src/core/plan.ts", "const c = await import(name);", /computed/],
  ["library/src/core/plan.ts", 'const c = await import("../cry" + "pto/seal.ts");', /computed/],
  ["library/src/core/plan.ts", "const c = await import(`../crypto/seal.ts`, { with: {} });", /core imports crypto\/seal/],
  ["library/src/core/plan.ts", 'export * from "../crypto/seal.ts";', /core imports crypto\/seal/],
  ["library/src/core/plan.ts", 'export type { X } from "../crypto/seal.ts";', /core imports crypto\/seal/],
  ["library/src/core/plan.ts", 'type X = import("../crypto/seal.ts").X;', /core imports crypto\/seal/],
  ["library/src/core/plan.ts", 'import { x } from ".\\u002e/crypto/seal.ts";', /core imports crypto\/seal/],
  ["library/src/core/plan.ts", 'const c = module.require("node:crypto");', /may import nothing/],
  ["library/src/core/plan.ts", 'const c = process.getBuiltinModule("node:crypto");', /may import nothing/],
  ["library/src/core/plan.ts", "const r = createRequire(import.meta.url);", /computed/],
  ["library/src/core/plan.ts", 'new Worker(new URL("../crypto/seal.ts", import.meta.url));', /core imports crypto\/seal/],
  ["library/src/core/plan.ts", 'import { x } from "#seal";', /by name/],
  ["library/src/stores/sqlite.ts", 'await import("data:text/javascript,1");', /by name/],
  ["library/src/stores/sqlite.ts", 'import x from "https://example.com/x.js";', /by name/],
  ["library/src/stores/sqlite.ts", 'import x from "../../node_modules/jose/index.js";', /imports what is in/],
  [
    "library/src/http/auth.ts",
    'import { get } from "node:https";',
    /http imports node:https; from outside it may import node:http, node:net/,
  ],
  ["library/src/cookie/parse.ts", 'import { plan } from "../core/plan.ts";', /cookie imports core\/plan/],
  [
    "library/src/engine/request/settle.ts",
    'export { x } from "../../endpoints/routes.ts";',
    /engine\/request imports endpoints\/routes/,
  ],
  [
    "library/src/engine/lifecycle/sweep.ts",
    'import { x } from "../refresh/waits.ts";',
    /engine\/lifecycle imports engine\/refresh/,
  ],
  [
    "library/src/engine/refresh/waits.ts",
    'import { x } from "../request/exchange.ts";',
    /engine\/refresh imports engine\/request/,
  ],
  ["library/src/endpoints/login/login.ts", 'import { x } from "../../oidc/jwt/jws.ts";', /endpoints imports oidc\/jwt\/jws/],
  ["library/src/oidc/jwt/jws.ts", 'import { x } from "../provider/config.ts";', /oidc\/jwt imports oidc\/provider/],
  ["library/src/strategies/session.ts", 'import { b } from "./bearer.ts";', /sibling strategies\/bearer/],
  ["library/src/stores/sqlite.ts", 'import { memory } from "./memory.ts";', /sibling stores\/memory/],
  ["library/src/stores/sqlite.ts", 'import { open } from "../crypto/seal.ts";', /stores imports crypto\/seal/],
  ["library/src/adapters/express.ts", 'import { node } from "./node.ts";', /sibling adapters\/node/],
  ["library/src/adapters/express.ts", 'import { decide } from "../core/decide.ts";', /adapters imports core\/decide/],
  ["library/src/index.ts", 'import { memory } from "./stores/memory.ts";', /index imports stores\/memory/],
  ["library/src/index.ts", 'import "./adapters/fetch.ts";', /index imports adapters\/fetch/],
  ["library/src/testing/suite.ts", 'import { memory } from "../stores/memory.ts";', /testing imports stores\/memory/],
  ["library/src/http/fetch-handler.ts", 'import { x } from "coatcheck";', /import the file/],
  ["library/src/http/fetch-handler.ts", 'import { x } from "./handle.test.ts";', /does not import tests/],
  ["library/src/odds/ends.ts", 'import { x } from "../contracts.ts";', /no room of the house/],
  ["gateway/src/main.ts", 'import { plan } from "../../library/src/core/plan.ts";', /published name/],
  ["gateway/src/main.test.ts", 'import { plan } from "../../library/src/core/plan.ts";', /published name/],
  ["gateway/src/main.ts", 'import { plan } from "coatcheck/core/plan";', /does not publish/],
  ["conformance/run.ts", 'import type { X } from "../gateway/src/config/config.ts";', /published name/],
  ["gateway/src/main.ts", 'import { findServer } from "../../tools/suite/servers.ts";', /published name/],
  ["simulation/run.ts", 'import { tokenize } from "../tools/sources/tokens.ts";', /published name/],
  ["examples/demo/main.ts", 'import { serve } from "coatcheck-gateway";', /nobody does/],
  ["bench/run.ts", "import(`/etc/x.ts`);", /no absolute paths/],
];

for (const [path, text, why] of refused) {
  test(`layers: ${path} may not: ${text}`, () => {
    const [message = "", ...more] = verdict(path, text);
    assert.match(message, why);
    assert.deepEqual(more, []);
  });
}

const allowed: readonly (readonly [path: string, text: string])[] = [
  ["library/src/core/plan.ts", 'import type { Row } from "../contracts.ts"; import { record } from "./record.ts";'],
  ["library/src/core/plan.ts", '// import { x } from "node:crypto"\nconst s = "import y from \'node:fs\'";'],
  ["library/src/stores/sqlite.ts", 'import { schema } from "./sqlite/schema.ts"; import { DatabaseSync } from "node:sqlite";'],
  ["library/src/adapters/express.ts", 'import { CoatcheckError } from "../adapter.ts"; import type { R } from "express";'],
  ["library/src/index.ts", 'export type { Row } from "./contracts.ts"; import { handle } from "./engine/handle.ts";'],
  [
    "library/src/http/fetch-handler.test.ts",
    'import { memory } from "../stores/memory.ts"; import { express } from "coatcheck";',
  ],
  [
    "gateway/src/main.ts",
    'import { coatcheck } from "coatcheck"; import { memory } from "coatcheck/memory"; import "./config.ts";',
  ],
  ["gateway/src/check/check.nginx.test.ts", 'import { findServer } from "../../../tools/suite/servers.ts";'],
  ["bench/subjects/gateway.ts", 'import { freePort } from "../../tools/suite/free-port.ts";'],
  ["simulation/mutants/anchors.ts", 'import { tokenize } from "../../tools/sources/tokens.ts";'],
  ["tools/check.ts", 'import { x } from "./sources/files.ts";'],
];

for (const [path, text] of allowed) {
  test(`layers: ${path} may: ${text}`, () => assert.deepEqual(verdict(path, text), []));
}

test("layers: what a room is allowed and no file of it does is told", () => {
  const rooms = { core: { may: ["contracts", "net"], outside: ["node:crypto", "jose"] }, stores: { may: [] } };
  const files = [
    {
      path: "library/src/core/a.ts",
      text: 'import type { Row } from "../contracts/store.ts"; import { hash } from "node:crypto";',
    },
    { path: "library/src/core/b.ts", text: 'import { x } from "../network.ts"; import { y } from "jose-else";' },
    { path: "library/src/stores/c.ts", text: 'import { x } from "../net/x.ts"; import { y } from "jose";' },
  ];
  assert.deepEqual(
    unusedAllowances(files, rooms).map(({ message }) => message.replace(/,.*/, "")),
    ["lets core import net", "lets core import jose"],
  );
});

test("layers: what the library publishes is read from its exports", () => {
  assert.ok(publishedNames().has("coatcheck"));
  assert.ok(publishedNames().has("coatcheck/memory"));
  assert.equal(layers.name, "layers");
});
