/**
 * Codes and refresh tokens of the development provider: sealed, so that another process reads them too, and each good
 * once.
 */
import { hash } from "node:crypto";
import type { Clock, SessionStore } from "../contracts.ts";
import { equalHash } from "../crypto/equal.ts";
import type { Keyring } from "../crypto/keyring.ts";
import { hashSecret } from "../crypto/ticket.ts";

/** What a provider is made of besides its users. */
interface GrantWorld {
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly store: Pick<SessionStore, "mark" | "marked">;
  readonly clock: Pick<Clock, "now">;
}

/** Who signed in, when, and for what. */
export interface Grant {
  readonly user: string;
  /** The session at the provider; its end ends all tokens. */
  readonly sid: string;
  /** Milliseconds since the epoch. */
  readonly authenticatedAt: number;
  readonly scope: string;
  readonly acr?: string;
}

/** What a code proves besides, once. */
export interface CodeGrant extends Grant {
  readonly nonce?: string;
  readonly challenge: string;
  readonly redirectUri: string;
}

const CODE_LIFETIME = 60_000;
const REFRESH_LIFETIME = 30 * 86_400_000;
const LONGEST = 8_192;

interface Sealed<Kept> {
  readonly kept: Kept;
  readonly until: number;
}

/** The grants of one provider. */
export class Grants {
  readonly #world: GrantWorld;
  readonly #issuer: string;

  constructor(world: GrantWorld, issuer: string) {
    this.#world = world;
    this.#issuer = issuer;
  }

  code(grant: CodeGrant): string {
    return this.#seal("code", grant, CODE_LIFETIME);
  }

  refreshToken(grant: Grant): string {
    const { user, sid, authenticatedAt, scope, acr } = grant;
    return this.#seal("refresh", { user, sid, authenticatedAt, scope, acr }, REFRESH_LIFETIME);
  }

  /** What the code was for, for the first who shows it with the verifier; `null` for everyone else. */
  async redeem(code: string, verifier: string, redirectUri: string): Promise<CodeGrant | null> {
    const found = this.#open<CodeGrant>("code", code);
    if (found === null || found.kept.redirectUri !== redirectUri) return null;
    if (!equalHash(hash("sha256", verifier, "base64url"), found.kept.challenge)) return null;
    return (await this.#first(code, found.until)) ? found.kept : null;
  }

  /** The grant of a refresh token, once. One that is shown again ends all that came of its login, as RFC 9700 asks. */
  async exchange(token: string): Promise<Grant | null> {
    const found = this.#open<Grant>("refresh", token);
    if (found === null || (await this.isOver(found.kept.sid))) return null;
    if (await this.#first(token, found.until)) return found.kept;
    await this.end(found.kept.sid);
    return null;
  }

  /** Whose refresh token it is; `null` for what is none. */
  sidOf(token: string): string | null {
    return this.#open<Grant>("refresh", token)?.kept.sid ?? null;
  }

  /** No token of this session at the provider is good any more. */
  async end(sid: string): Promise<void> {
    const now = this.#world.clock.now();
    await this.#world.store.mark(`dev-over:${hashSecret(sid)}`, now + REFRESH_LIFETIME, now);
  }

  async isOver(sid: string): Promise<boolean> {
    const { store, clock } = this.#world;
    return (await store.marked(`dev-over:${hashSecret(sid)}`, clock.now())) !== undefined;
  }

  async #first(shown: string, until: number): Promise<boolean> {
    const { store, clock } = this.#world;
    return store.mark(`dev:${hashSecret(shown)}`, until, clock.now());
  }

  #seal(kind: string, kept: object, lifetime: number): string {
    const { keyring, clock } = this.#world;
    return keyring.seal("development", JSON.stringify({ kept, until: clock.now() + lifetime }), `${kind} ${this.#issuer}`);
  }

  /** Only this provider seals for this purpose, so what opens is what it wrote. */
  #open<Kept>(kind: string, sealed: string): Sealed<Kept> | null {
    const { keyring, clock } = this.#world;
    const found = sealed.length > LONGEST ? null : keyring.open("development", sealed, `${kind} ${this.#issuer}`);
    if (found?.kind !== "opened") return null;
    const opened: Sealed<Kept> = JSON.parse(found.plaintext);
    return clock.now() < opened.until ? opened : null;
  }
}
