/** The refresh tokens of the test provider: each is good once, and one that is shown again ends all of its login. */

/** What the provider made of a refresh token that it was shown. */
export interface Refresh {
  readonly refreshToken: string;
  readonly outcome: "refreshed" | "reused" | "refused";
  /** What was given for it. */
  readonly issued: { readonly accessToken: string; readonly refreshToken: string } | null;
}

/** One login, and all that was exchanged for it since. */
interface Family<Login> {
  readonly login: Login;
  over: boolean;
}

export interface Exchanged<Login> {
  readonly login: Login;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export class Grants<Login> {
  /** Every refresh, in the order in which they came in. */
  readonly journal: Refresh[] = [];
  readonly revoked = new Set<string>();
  readonly #make: (kind: string) => string;
  readonly #members = new Map<string, { readonly family: Family<Login>; used: boolean }>();

  constructor(make: (kind: string) => string) {
    this.#make = make;
  }

  begin(login: Login): Exchanged<Login> {
    return this.#issue({ login, over: false });
  }

  /** `null`: `invalid_grant`. */
  exchange(refreshToken: string): Exchanged<Login> | null {
    const member = this.#members.get(refreshToken);
    if (member?.used === true) member.family.over = true;
    if (member === undefined || member.family.over) {
      this.journal.push({ refreshToken, outcome: member?.used === true ? "reused" : "refused", issued: null });
      return null;
    }
    member.used = true;
    const issued = this.#issue(member.family);
    this.journal.push({ refreshToken, outcome: "refreshed", issued });
    return issued;
  }

  /** As by an administrator of the provider, or RFC 7009: all of the login is over. */
  revoke(refreshToken: string): void {
    this.revoked.add(refreshToken);
    const member = this.#members.get(refreshToken);
    if (member !== undefined) member.family.over = true;
  }

  /** Ends every login. */
  revokeAll(): void {
    for (const { family } of this.#members.values()) family.over = true;
  }

  #issue(family: Family<Login>): Exchanged<Login> {
    const issued = { accessToken: this.#make("access"), refreshToken: this.#make("refresh") };
    this.#members.set(issued.refreshToken, { family, used: false });
    return { login: family.login, ...issued };
  }
}
