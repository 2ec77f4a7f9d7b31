/** The refresh tokens that a fake provider issued, and the detection of their reuse. */
import type { ProviderTokens } from "../contracts.ts";
import type { FakeUser } from "./fake-user.ts";

/** A refresh token that was shown again after it had been exchanged. The provider takes it for stolen. */
export interface FakeReuse {
  readonly refreshToken: string;
  readonly subject: string;
}

/** What a login gave, and all that was exchanged for it since. */
interface Family {
  readonly user: FakeUser;
  revoked: boolean;
}

interface Member {
  readonly family: Family;
  spent: boolean;
}

interface Settings {
  readonly now: () => number;
  /** Milliseconds. */
  readonly lifetime: number;
  /** Numbers what is issued. */
  readonly next: () => number;
  /** Whether each refresh token is good once. */
  readonly rotate: boolean;
}

/** The refresh tokens of a fake provider, by families. */
export class FakeGrants {
  readonly reuses: FakeReuse[] = [];
  readonly revoked: string[] = [];
  readonly #settings: Settings;
  readonly #members = new Map<string, Member>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Tokens of a new login. */
  begin(user: FakeUser): ProviderTokens {
    return this.#issue({ user, revoked: false }, null);
  }

  /** New tokens for a refresh token, or `null`: unknown, revoked, or shown again, which ends its whole family. */
  exchange(refreshToken: string): { readonly user: FakeUser; readonly tokens: ProviderTokens } | null {
    const member = this.#members.get(refreshToken);
    if (member === undefined) return null;
    const { family } = member;
    if (member.spent) {
      family.revoked = true;
      this.reuses.push({ refreshToken, subject: family.user.subject });
    }
    if (family.revoked) return null;
    member.spent = this.#settings.rotate;
    return { user: family.user, tokens: this.#issue(family, this.#settings.rotate ? null : refreshToken) };
  }

  /** No token of the family is good any more. */
  revoke(refreshToken: string): void {
    const member = this.#members.get(refreshToken);
    if (member === undefined) return;
    member.family.revoked = true;
    this.revoked.push(refreshToken);
  }

  #issue(family: Family, kept: string | null): ProviderTokens {
    const count = this.#settings.next();
    const refreshToken = kept ?? `refresh-${count}`;
    if (kept === null) this.#members.set(refreshToken, { family, spent: false });
    return {
      accessToken: `access-${count}`,
      refreshToken,
      idToken: `id-${count}`,
      scope: "openid profile email offline_access",
      expires: this.#settings.now() + this.#settings.lifetime,
    };
  }
}
