import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSecrets } from "./check-secrets.ts";

const found = (text: string) => checkSecrets([{ path: "library/src/engine/x.ts", text }]).map(({ message }) => message);

const planted: readonly (readonly [text: string, name: string])[] = [
  ["if (row.secretHash === shown) ok();", "secretHash"],
  ["if (shown !== row.previousHash) no();", "previousHash"],
  ["return secret == other;", "secret"],
  ["return flow.state === query.get('state');", "state"],
  ["return query.get('x') === flow.state;", "state"],
  ["return hash(a) === b;", "hash"],
  ["return b === crypto.hash(a);", "hash"],
  ["return this.#token !== token;", "#token"],
  ["return claims?.nonce === wanted;", "nonce"],
  ["return a.mac === (b.mac);", "mac"],
  ["return session.access_token === other;", "access_token"],
];

for (const [text, name] of planted) {
  test(`CR-11 a comparison of ${name} is seen in: ${text}`, () => {
    const [message = "", ...more] = found(text);
    assert.ok(message.startsWith(`compares ${name} with`), message);
    assert.deepEqual(more, []);
  });
}

const harmless = [
  "if (row.lease === undefined || tokens === null) return;",
  "if (secret === undefined) return;",
  "if (undefined !== session.token) return;",
  "if (typeof body.token === 'string') return;",
  "if (secret.length === other.length) return;",
  "if (socket.readyState === WebSocket.OPEN) return;",
  "if (next.kind === token.kind) return;",
  "if (tokens[0] === wanted) return;",
  "if (machine === other) return; // secret === other",
  "const s = 'secret === other';",
  "if (estate === other) return;",
];

for (const text of harmless) {
  test(`CR-11 no comparison of a secret: ${text}`, () => assert.deepEqual(found(text), []));
}
