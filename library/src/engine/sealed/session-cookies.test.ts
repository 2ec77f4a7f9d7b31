import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ORIGIN, SECRET } from "../../../test-support/origin.ts";
import { noise } from "../../../test-support/sealed-world.ts";
import type { SealedRow } from "../../contracts.ts";
import { createCookies } from "../../cookie/names.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { EMPTY_BODY, serializeBody } from "../../core/record.ts";
import { BLANK_ROW } from "../../core/row-columns.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { createKeyring } from "../../crypto/keyring.ts";
import { mintTicket } from "../../crypto/ticket.ts";
import { sealedCookie } from "../../stores/cookie.ts";
import { SessionCookies } from "./session-cookies.ts";

const NOW = Date.UTC(2030, 0, 1);
const spec = createCookies({ origins: [ORIGIN] }).session;
const keyring = createKeyring(SECRET);
const cookies = new SessionCookies({ spec, keyring, store: sealedCookie(), persistent: true });

function rowOf(note: string): SealedRow {
  const { id } = mintTicket(systemEntropy, NOW + 1_000);
  const body = serializeBody({ ...EMPTY_BODY, data: { note } });
  return { ...BLANK_ROW, id, version: 3, created: NOW, seen: NOW, expires: NOW + 1_000, body, ownerMarker: null, issuedAt: null };
}

/** The `Cookie` header of a browser that got these lines. */
const header = (lines: readonly string[]): string => lines.map((line) => line.split(";", 1)[0]).join("; ");
const pairs = (row: SealedRow): readonly string[] => cookies.set(row, undefined, NOW).map((line) => line.split(";", 1)[0] ?? "");
const kinds = (text: string): readonly string[] => cookies.read(text).map(({ kind }) => kind);

describe("the cookies of a sealed session", () => {
  test("CK-07 what was sealed is what is opened, in one cookie and in two", () => {
    for (const size of [0, 1, 100, 2_600, 2_700, 2_750, 2_800, 2_850, 2_900, 3_000, 4_000, 4_600]) {
      const row = rowOf(noise(size));
      const lines = cookies.set(row, undefined, NOW);
      assert.equal(lines.length, size < 2_790 ? 1 : 2, String(size));
      assert.deepEqual(cookies.read(header(lines)), [{ kind: "session", row }], String(size));
    }
  });

  test("CK-05 every line is at most 4,096 bytes with its attributes, at every size that fits", () => {
    let largest = 0;
    for (let size = 2_500; ; size++) {
      let lines: readonly string[];
      try {
        lines = cookies.set(rowOf("x".repeat(size)), undefined, NOW);
      } catch (error) {
        assert.ok(error instanceof CoatcheckError && error.code === "ERR_COOKIE_TOO_LARGE");
        assert.match(error.message, new RegExp(`${size + 11} are data\\. Leave claims out`));
        break;
      }
      for (const line of lines) assert.ok(line.length <= 4_096, `${size}: ${line.length}`);
      largest = Math.max(largest, header(lines).length);
    }
    assert.ok(largest > 6_600 && largest <= 6_656, String(largest));
  });

  test("CR-03 a flipped bit anywhere is no session, and all of them look alike", () => {
    const parts = pairs(rowOf(noise(3_500)));
    assert.equal(parts.length, 2);
    let flips = 0;
    for (const [which, part] of parts.entries()) {
      for (let at = part.indexOf("=") + 1; at < part.length; at++) {
        for (let bit = 0; bit < 7; bit++) {
          const flipped = part.slice(0, at) + String.fromCharCode(part.charCodeAt(at) ^ (1 << bit)) + part.slice(at + 1);
          const found = kinds(parts.map((one, index) => (index === which ? flipped : one)).join("; "));
          assert.ok(found.length === 1 && found[0] === "malformed", `part ${which}, character ${at}, bit ${bit}: ${found}`);
          flips++;
        }
      }
    }
    assert.ok(flips > 30_000);
  });

  test("CK-07 parts that are missing, swapped, doubled, or of two sessions are no session", () => {
    const [a = "", a1 = ""] = pairs(rowOf(noise(3_500)));
    const [b = "", b1 = ""] = pairs(rowOf(noise(3_500)));
    const value = (pair: string): string => pair.slice(pair.indexOf("=") + 1);
    const named = (name: string, pair: string): string => `${name}=${value(pair)}`;
    const { name } = spec;
    const wrong = {
      "the second is missing": a,
      "mixed with another session's": `${a}; ${b1}`,
      "the other way round": `${b}; ${a1}`,
      "in each other's place": `${named(name, a1)}; ${named(`${name}.1`, a)}`,
      "the first twice": `${a}; ${named(`${name}.1`, a)}`,
      "the second twice, and different": `${a}; ${a1}; ${b1}`,
      "the second is empty": `${a}; ${name}.1=`,
      "a count of its own": `${name}=1${value(a).slice(1)}; ${a1}`,
      "joined in one": `${name}=1${value(a).slice(1)}${value(a1)}x`,
    };
    for (const [what, text] of Object.entries(wrong)) assert.deepEqual(kinds(text), ["malformed"], what);
    assert.deepEqual(kinds(a1), [], "the second alone is no cookie of a session");
    assert.deepEqual(kinds(`${a1}; ${a}`), ["session"], "the order in the header says nothing");
    assert.deepEqual(kinds(`${a}; ${a1}; ${a1}`), ["session"], "the same twice is the same");
  });

  test("CK-07 a part left over from before is ignored, and cleared by the next answer that sets the session", () => {
    const [, left = ""] = pairs(rowOf(noise(3_500)));
    const [one = ""] = pairs(rowOf("short"));
    assert.deepEqual(kinds(`${one}; ${left}`), ["session"]);
    const lines = cookies.set(rowOf("short"), `${one}; ${left}`, NOW);
    assert.match(lines[1] ?? "", new RegExp(`^${spec.name}\\.1=; Max-Age=0; .*Path=/; Secure; HttpOnly`));
  });

  test("CR-06 nothing else that we sealed is a session, under no other name and by no other key", () => {
    const [pair = ""] = pairs(rowOf("x"));
    const value = pair.slice(pair.indexOf("=") + 1);
    const other = new SessionCookies({
      spec: createCookies({ origins: [ORIGIN], name: "other" }).session,
      keyring,
      store: sealedCookie(),
      persistent: true,
    });
    assert.deepEqual(other.read(`__Host-Http-other=${value}`), [{ kind: "malformed" }]);
    const sealed = keyring.seal("login", "[1]\n{}", spec.name);
    assert.deepEqual(kinds(`${spec.name}=1.${sealed}`), ["malformed"]);
    const stranger = new SessionCookies({ spec, keyring: createKeyring(noise(60)), store: sealedCookie(), persistent: true });
    assert.deepEqual(stranger.read(pair), [{ kind: "malformed" }]);
  });

  test("SE-12 a session of a later release's format is not taken for none", () => {
    const sealed = keyring.seal("session", '[2,"later"]\n{}', spec.name);
    assert.deepEqual(kinds(`${spec.name}=1.${sealed}`), ["newer"]);
  });

  test("A-42 counts and parts that lie cost nothing and throw nothing", () => {
    const { name } = spec;
    for (const value of [
      "",
      ".",
      "1.",
      "9.x",
      "0.x",
      "10.x",
      "1.v1.aaaa.",
      "2.v1",
      `1.${"A".repeat(8_000)}`,
      "%",
      "1.v1.\u00ff",
    ]) {
      assert.deepEqual(kinds(`${name}=${value}`), ["malformed"], value);
    }
    const many = Array.from({ length: 200 }, (_, index) => `${name}.${index}=x`).join("; ");
    assert.deepEqual(kinds(`${name}=9.x; ${many}`), ["malformed"]);
  });
});
