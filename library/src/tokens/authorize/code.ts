/** Authorization codes: sealed, so that any replica can read them, and good once. */
import { hash } from "node:crypto";
import type { Clock, SessionStore } from "../../contracts.ts";
import { equalHash } from "../../crypto/equal.ts";
import type { Keyring } from "../../crypto/keyring.ts";
import { hashSecret } from "../../crypto/ticket.ts";
import type { AuthorizationRequest } from "./authorization-request.ts";

/** What the person agreed to. */
interface Consent extends Omit<AuthorizationRequest, "state"> {
  readonly format: 1;
  /** The id of the session in which they did. */
  readonly session: string;
  readonly createdAt: number;
}

interface CodeOptions {
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly store: Pick<SessionStore, "mark">;
  readonly clock: Pick<Clock, "now">;
  /** The public URL. */
  readonly issuer: string;
}

/** What a program shows to get tokens for a code. */
interface Shown {
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly client: string;
}

interface Codes {
  seal(consent: Omit<Consent, "format" | "createdAt">): string;
  /** What was agreed to, for the first who shows code and verifier; `null` for everyone else. */
  redeem(shown: Shown): Promise<Consent | null>;
}

/** As RFC 6749 s4.1.2 wants it: the program exchanges it at once. */
const LIFETIME = 60_000;
/** The marker outlasts what any replica takes for fresh. */
const MARKED_FOR = 15 * 60_000;
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;
const LONGEST = 4_096;

/** Makes them. */
export function authorizationCodes({ keyring, store, clock, issuer }: CodeOptions): Codes {
  const opened = (code: string): Consent | null => {
    const found = code.length > LONGEST ? null : keyring.open("code", code, issuer);
    if (found?.kind !== "opened") return null;
    const consent: Consent = JSON.parse(found.plaintext);
    return consent.format === 1 ? consent : null;
  };
  return {
    seal: (consent) => keyring.seal("code", JSON.stringify({ format: 1, ...consent, createdAt: clock.now() }), issuer),
    async redeem({ code, verifier, redirectUri, client }) {
      const consent = opened(code);
      const now = clock.now();
      if (consent === null || Math.abs(now - consent.createdAt) > LIFETIME) return null;
      if (consent.redirectUri !== redirectUri || consent.client !== client) return null;
      if (!VERIFIER.test(verifier) || !isProof(verifier, consent.challenge)) return null;
      // After the proof, so that who has the code alone cannot use it up.
      const first = await store.mark(`code:${hashSecret(code)}`, now + MARKED_FOR, now);
      return first ? consent : null;
    },
  };
}

/** RFC 7636 s4.6. */
function isProof(verifier: string, challenge: string): boolean {
  return equalHash(hash("sha256", verifier, "base64url"), challenge);
}
