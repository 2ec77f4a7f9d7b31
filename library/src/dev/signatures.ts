/** The key of the development provider: derived from the app's secret, for this one use. */
import type { Clock, JsonObject } from "../contracts.ts";
import type { Keyring } from "../crypto/keyring.ts";
import { isSignedBy, signatureBy } from "../crypto/signature.ts";
import { publicHalf, publishedKey } from "../crypto/signing/published-key.ts";

/** What signs and verifies its tokens. */
export interface Signatures {
  /** A compact JWS. */
  sign(typ: string, payload: JsonObject): string;
  /** What a token says that one of the keys signed; `null` for every other. */
  verified(typ: string, token: string): JsonObject | null;
  /** The key set. */
  published(): JsonObject;
}

/** Its label among the derived keys: no key of tokens or assertions of ours is this one. */
const PURPOSE = "development provider";

/** ES256, as most providers offer. */
export const ALGORITHM = "ES256";

/** Those of these secrets: the first signs, all verify. */
export function signaturesOf(keyring: Pick<Keyring, "signingKeys">, clock: Pick<Clock, "now">): Signatures {
  const keys = () =>
    keyring
      .signingKeys(ALGORITHM, PURPOSE)
      .filter(({ until }) => clock.now() < until)
      .map(({ key }) => ({ key, published: publishedKey(key, ALGORITHM) }));
  return {
    sign(typ, payload) {
      const [first] = keys();
      if (first === undefined) throw new TypeError("the first secret has no date, so its key is there");
      const input = [{ typ, alg: ALGORITHM, kid: first.published.kid }, payload].map(encode).join(".");
      return `${input}.${signatureBy(first.key, ALGORITHM, input).toString("base64url")}`;
    },
    verified(typ, token) {
      const [head = "", body = "", signature = ""] = token.split(".");
      const signed = keys().some(({ key }) =>
        isSignedBy(publicHalf(key), ALGORITHM, `${head}.${body}`, Buffer.from(signature, "base64url")),
      );
      return signed && decode(head)["typ"] === typ ? decode(body) : null;
    },
    published: () => ({ keys: keys().map(({ published }) => ({ ...published })) }),
  };
}

const encode = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const decode = (part: string): JsonObject => JSON.parse(Buffer.from(part, "base64url").toString());
