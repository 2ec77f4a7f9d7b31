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
  ["return (a.secret) === b;", "secret"],
  ["return (a.secret ?? '') === b;", "secret"],
  ["return b === (a.secret ?? '');", "secret"],
  ["return a['secret'] === b;", "secret"],
  ["return a.secret! === b;", "secret"],
  ["return a.secret.toString() === b;", "secret"],
  ["return b !== a.secret.slice(1);", "secret"],
  ["return String(secret) === b;", "secret"],
  ["return Buffer.from(a.secret).toString('hex') === b;", "secret"],
  ["return 'x' + secret === b;", "secret"],
  ["return secret === 'x' + b;", "secret"],
  ["return Object.is(secret, b);", "secret"],
  ["return a.mac.equals(b);", "mac"],
  ["return Buffer.compare(a.mac, b) > 0;", "mac"],
  ["return known.includes(a.token);", "token"],
  ["return a.token.startsWith(b);", "token"],
  ["return known.indexOf(secret);", "secret"],
  ["return timingSafeEqual(hash, b);", "hash"],
  ["switch (row.secretHash) {}", "secretHash"],
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
  "if (kindOf(token) === other) return;",
  "if (token.startsWith('ey') && known.includes(name)) return;",
  "if (secret && a === b) return;",
  "f(secret, a === b);",
  "switch (token.kind) {}",
];

for (const text of harmless) {
  test(`CR-11 no comparison of a secret: ${text}`, () => assert.deepEqual(found(text), []));
}
