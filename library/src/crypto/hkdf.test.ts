import assert from "node:assert/strict";
import { hkdfSync } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { hkdfExpand, hkdfExtract } from "./hkdf.ts";

/** RFC 5869, appendix A.1 to A.3. */
const VECTORS = [
  {
    secret: "0b".repeat(22),
    salt: "000102030405060708090a0b0c",
    info: "f0f1f2f3f4f5f6f7f8f9",
    extracted: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
    expanded: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  },
  {
    secret: hexRange(0x00, 0x4f),
    salt: hexRange(0x60, 0xaf),
    info: hexRange(0xb0, 0xff),
    extracted: "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
    expanded:
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71" +
      "cc30c58179ec3e87c14c01d5c1f3434f1d87",
  },
  {
    secret: "0b".repeat(22),
    salt: undefined,
    info: "",
    extracted: "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
    expanded: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  },
];

test("CR-06 HKDF gives what RFC 5869 says", () => {
  for (const { secret, salt, info, extracted, expanded } of VECTORS) {
    const key = hkdfExtract(Buffer.from(secret, "hex"), salt === undefined ? undefined : Buffer.from(salt, "hex"));
    assert.equal(key.export().toString("hex"), extracted);
    assert.equal(hkdfExpand(key, Buffer.from(info, "hex"), expanded.length / 2).toString("hex"), expanded);
  }
});

test("CR-06 HKDF gives what Node's own gives, at any length", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(bytes, bytes, fc.string(), fc.integer({ min: 1, max: 200 }), (secret, salt, info, length) => {
      const expected = Buffer.from(hkdfSync("sha256", secret, salt, info, length));
      assert.ok(hkdfExpand(hkdfExtract(secret, salt), info, length).equals(expected));
    }),
  );
});

test("HKDF refuses lengths that it cannot give", () => {
  const key = hkdfExtract(Buffer.alloc(32, 1));
  assert.equal(hkdfExpand(key, "", 8160).length, 8160);
  for (const length of [0, -1, 1.5, 8161]) assert.throws(() => hkdfExpand(key, "", length), TypeError);
});

function hexRange(from: number, to: number): string {
  return Buffer.from(Array.from({ length: to - from + 1 }, (_, index) => from + index)).toString("hex");
}
