import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { CoatcheckError } from "../core/errors.ts";
import { readDatedSecrets, readSecret, readSecrets } from "./read-secrets.ts";

const bytes = randomBytes(32);
const good = bytes.toString("base64url");
const phrase = "correct-horse-battery-staple-and-some-more-words-of-that-kind";

function refusalOf(secrets: string | readonly string[] | undefined, source?: string): CoatcheckError {
  try {
    readSecrets(secrets, source);
  } catch (error) {
    assert.ok(error instanceof CoatcheckError);
    assert.equal(error.code, "ERR_SECRET");
    return error;
  }
  return assert.fail("the secret was accepted");
}

test("CR-07 S-38 weak, default, missing and damaged secrets are refused, by their place, not their text", () => {
  const table: readonly (readonly [what: string, secret: string, message: RegExp])[] = [
    ["a default", "changeme", /too short[\s\S]*has 8 bytes; it needs 32 random ones/],
    ["a default in capitals", "CHANGE_ME", /too short/],
    ["a default, repeated", "changeme".repeat(6), /can be guessed/],
    ["31 bytes", randomBytes(31).toString("base64url"), /has 31 bytes/],
    ["31 bytes in hexadecimal", randomBytes(31).toString("hex"), /has 31 bytes/],
    ["a word in base64", Buffer.from("changeme").toString("base64"), /has 8 bytes/],
    ["a long phrase in base64", Buffer.from(phrase).toString("base64"), /can be guessed/],
    ["a phrase", phrase.slice(0, 48), /can be guessed/],
    ["a phrase in capitals", phrase.slice(0, 48).toUpperCase(), /can be guessed/],
    ["zeros", Buffer.alloc(32).toString("base64url"), /can be guessed/],
    ["ones", Buffer.alloc(64, 0xff).toString("base64url"), /can be guessed/],
    ["zeros in hexadecimal", "0".repeat(64), /can be guessed/],
    ["digits in a row", "1234567890".repeat(7), /can be guessed/],
    ["counting up", Buffer.from(Array.from({ length: 48 }, (_, index) => index + 0x90)).toString("base64url"), /can be guessed/],
    [
      "few values",
      Buffer.from(Array.from({ length: 60 }, (_, index) => (index * 37) % 8)).toString("base64url"),
      /can be guessed/,
    ],
    ["characters too many", `${good}aa`, /cannot be read/],
    ["stray bits at the end", `${Buffer.alloc(31, 0xa7).toString("base64url")}B`, /cannot be read/],
    ["other characters", `${good.slice(0, -1)}!`, /cannot be read/],
    ["spaces within", `${good.slice(0, 20)} ${good.slice(20)}`, /cannot be read/],
  ];
  for (const [what, secret, message] of table) {
    const error = refusalOf([secret], "COATCHECK_SECRET");
    assert.match(error.message, message, what);
    assert.match(error.message, /COATCHECK_SECRET \(secrets\[0\]\)[\s\S]*Make one: {2}npx coatcheck secret/, what);
    assert.equal(error.message.includes(secret), false, what);
    assert.equal(JSON.stringify(error).includes(secret), false, what);
    assert.match(refusalOf([good, secret]).message, /^.*\n {2}secrets\[1\] /, what);
  }
});

test("S-37 a secret may have a date behind it, with its zone; the first has none, since it seals", () => {
  const older = randomBytes(32);
  const date = "2027-03-01T00:00:00Z";
  const dated = `${older.toString("base64url")} until ${date}`;
  const until = Date.parse(date);
  const both = [
    { bytes, until: Number.POSITIVE_INFINITY },
    { bytes: older, until },
  ];
  for (const given of [[good, dated], `${good},${dated}`, [good, ` ${older.toString("hex")}  until 2027-03-01T01:00:00+01:00\n`]])
    assert.deepEqual(readDatedSecrets(given), both);
  assert.deepEqual(readDatedSecrets([good, dated.replace(date, "2027-03-01")])[1]?.until, until);
  assert.deepEqual(readSecrets([good, dated]), [bytes, older]);
  assert.deepEqual(readSecret(dated, "OLD"), older);
  for (const wrong of ["2027-03-01T00:00:00", "2027-13-01", "soon", "1 March 2027", "2027-02-31T00:00:00"]) {
    const { message } = refusalOf([good, dated.replace(date, wrong)]);
    assert.match(message, /secret's date|cannot be read/, wrong);
    assert.equal(message.includes(older.toString("base64url")), false);
  }
  assert.match(refusalOf([dated, good]).message, /^the first secret has a date/);
  assert.match(refusalOf([good, `${good} until ${date}`]).message, /is the same as secrets\[0\]/);
  assert.match(refusalOf([good, `changeme until ${date}`]).message, /too short/);
});

test("S-38 no secret at all is refused: nothing is made up", () => {
  for (const nothing of [undefined, "", "  ", [], [""]]) {
    assert.match(refusalOf(nothing, "COATCHECK_SECRET").message, /^there is no secret\n {2}COATCHECK_SECRET is not set/);
  }
  assert.match(refusalOf(undefined).message, /secrets is not set/);
  assert.match(refusalOf(`${good},`).message, /secrets\[1\] is empty/);
  assert.match(refusalOf(`${good},,${good}`).message, /secrets\[1\] is empty/);
});

test("CR-08 the same secret twice is refused, in another spelling too", () => {
  for (const twin of [good, bytes.toString("hex"), bytes.toString("base64")]) {
    assert.match(refusalOf([good, twin]).message, /secrets\[1\] is the same as secrets\[0\]/);
  }
});

test("EXPERIENCE the message of a short secret is the one that is promised", () => {
  assert.equal(
    refusalOf("changeme", "COATCHECK_SECRET").message,
    "the secret is too short\n" +
      "  COATCHECK_SECRET (secrets[0]) has 8 bytes; it needs 32 random ones.\n" +
      "  Make one:  npx coatcheck secret",
  );
});

test("random secrets are read, however they are spelled and listed", () => {
  for (const text of [good, bytes.toString("base64"), bytes.toString("hex"), bytes.toString("hex").toUpperCase(), ` ${good}\n`]) {
    assert.deepEqual(readSecrets(text), [bytes]);
    assert.deepEqual(readSecrets([text]), [bytes]);
  }
  const second = randomBytes(48);
  assert.deepEqual(readSecrets(`${good}, ${second.toString("base64url")}`), [bytes, second]);
  for (let round = 0; round < 5000; round++) {
    const fresh = randomBytes(32 + (round % 3));
    assert.deepEqual(readSecrets(fresh.toString(round % 2 === 0 ? "base64url" : "hex")), [fresh]);
  }
});
