/** The logout tokens of the fake provider. */
import type { LogoutNotification, Provider } from "../contracts.ts";

/** The sessions that a fake provider signs out: one by `sid`, or all of a subject. At least one of both. */
export interface FakeLogout {
  readonly subject?: string;
  readonly sid?: string;
  /** When the provider says it was, milliseconds since the epoch. Default: now. */
  readonly issuedAt?: number;
}

const LIFETIME = 120_000;
const AHEAD = 30_000;

type Verified = Awaited<ReturnType<NonNullable<Provider["verifyLogout"]>>>;

/** The logout tokens of a fake provider: `logout-1`, `logout-2`, … */
export class FakeLogouts {
  readonly #issuer: string;
  readonly #now: () => number;
  readonly #notices = new Map<string, LogoutNotification>();

  constructor(issuer: string, now: () => number) {
    this.#issuer = issuer;
    this.#now = now;
  }

  issue({ subject, sid, issuedAt = this.#now() }: FakeLogout): string {
    if (subject === undefined && sid === undefined) throw new TypeError("a logout token names a subject, a sid, or both");
    const count = this.#notices.size + 1;
    const expires = issuedAt + LIFETIME;
    const who = { subject: subject ?? null, sid: sid ?? null };
    this.#notices.set(`logout-${count}`, { issuer: this.#issuer, ...who, tokenId: `jti-${count}`, issuedAt, expires });
    return `logout-${count}`;
  }

  verify(token: string): Verified {
    const notice = this.#notices.get(token);
    const now = this.#now();
    if (notice !== undefined && now < notice.expires && notice.issuedAt <= now + AHEAD) return { kind: "logout", ...notice };
    return {
      kind: "invalid",
      code: "ERR_PROVIDER_RESPONSE",
      cause: new Error("not a logout token of the fake provider, or not of now"),
    };
  }
}
