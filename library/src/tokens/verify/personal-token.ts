/** Personal access tokens: how they are spelled, and how they are verified. */
import { hash } from "node:crypto";
import type { Clock, TokenVerifier } from "../../contracts.ts";
import { equalHash } from "../../crypto/equal.ts";
import { hashSecret, joinTicket, parseTicket } from "../../crypto/ticket.ts";
import type { LookUp } from "./look-up.ts";
import { validBy } from "./verdict.ts";

/** A ticket without its dot: 22 characters of an id, 43 of a secret; and six of a checksum. */
const SPELLED = /^([\w-]{22})([\w-]{43})([\w-]{6})$/;

/**
 * `<prefix>_<id><secret><checksum>`. By its prefix and checksum scanners of code find one that was published, and a
 * mistyped one is refused without asking the store.
 */
export function spelled(prefix: string, { id, secret }: { readonly id: string; readonly secret: string }): string {
  const text = `${prefix}_${id}${secret}`;
  return text + checksum(text);
}

function checksum(text: string): string {
  return hash("sha256", text, "base64url").slice(0, 6);
}

/** Id and secret of a token that is spelled right, or `null`; nothing is proved yet. */
function read(prefix: string, token: string) {
  const [, id = "", secret = "", sum = ""] = SPELLED.exec(token.slice(prefix.length + 1)) ?? [];
  if (sum !== checksum(`${prefix}_${id}${secret}`)) return null;
  return parseTicket(joinTicket(id, secret)) ?? null;
}

interface PersonalOptions {
  readonly prefix: string;
  readonly lookUp: LookUp;
  readonly clock: Pick<Clock, "now">;
  /** Of these words, what a token was given and is still configured. */
  readonly scope: readonly string[];
}

/** Verifies them, each by one read of the store. */
export function personalVerifier({ prefix, lookUp, clock, scope }: PersonalOptions): TokenVerifier {
  return {
    name: "personal",
    reads: (shown) => shown.startsWith(`${prefix}_`),
    async verify(token) {
      const shown = read(prefix, token);
      if (shown === null) return { kind: "invalid", reason: "format" };
      const found = await lookUp(shown.id);
      if (found === null || found.family.name === null) return { kind: "invalid", reason: "ended" };
      if (!equalHash(hashSecret(shown.secret), found.row.secretHash)) return { kind: "invalid", reason: "secret" };
      const { family, row } = found;
      const words = family.terms.scope.split(" ").filter((word) => scope.includes(word));
      return validBy(found, { expires: row.expires, scope: words.join(" ") }, clock.now());
    },
  };
}
