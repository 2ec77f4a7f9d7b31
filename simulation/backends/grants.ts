/** The provider's own state: grants, families of rotated refresh tokens, and each time that one was sent. */
import type { EndReason, ProviderLogin, ProviderTokens } from "coatcheck/contracts";
import { spring } from "../world/faults.ts";
import type { Life } from "../world/replica.ts";
import type { Order } from "../world/work.ts";
import { EPOCH, type SignOn, type World } from "../world/world.ts";
import type { Known } from "./sessions.ts";

const SHORTEST_PAUSE = 400;

/** All tokens that one login led to. */
export class Family {
  readonly alias: string;
  readonly owner: string;
  readonly sid: string;
  readonly issuedAt: number;
  /** Who gave them. */
  readonly provider: SignOn;
  readonly sends: Send[] = [];
  /** What access the newest tokens give. */
  scope = "openid profile";
  /** The refresh token that is good; each is good once. */
  current: RefreshToken;
  count = 0;
  session: Known | null = null;
  /** Nothing of it is good any more, and why. */
  revoked: "sign-out" | "withdrawn" | "reuse" | "by-us" | null = null;
  /** A process heard that it is refused. */
  refusalHeard = false;
  /**
   * A process was stopped in the middle of a login, so long that the tokens of the record that it then wrote again were
   * refreshed in the first.
   */
  twice = false;
  /** Calls to revoke it that came to nothing. */
  revocationsLost = 0;

  constructor(alias: string, { user, sid, provider }: Grant, issuedAt: number) {
    this.alias = alias;
    this.owner = `${provider.issuer} ${user}`;
    this.sid = sid;
    this.provider = provider;
    this.issuedAt = issuedAt;
    this.current = { text: `${alias}r0`, family: this, spent: null, scope: this.scope };
  }
}

export interface RefreshToken {
  readonly text: string;
  readonly family: Family;
  spent: Send | null;
  /** Of the access token that was given with it. */
  scope: string;
}

/** What a person allowed at a provider's page. */
export interface Grant {
  readonly user: string;
  readonly nonce: string;
  readonly sid: string;
  readonly provider: SignOn;
}

/** One time that a refresh token left a process. */
export interface Send {
  readonly token: RefreshToken;
  readonly life: Life;
  readonly at: number;
  /** What the process was told of it. */
  outcome: "refreshed" | "refused" | "unavailable" | "unknown" | null;
  heardAt: number | null;
  /** When its result was in the store. */
  committedAt: number | null;
  /** Its lease was taken over, while the process was away or cut off from the store. */
  overtaken: boolean;
}

export interface AccessToken {
  readonly family: Family;
  /** By the true time. */
  readonly expires: number;
}

/** A second use within this time gets the same successor, where the provider has such a grace. */
const GRACE = 10_000;

/** The providers' own books. Strictly rotated, a refresh token is good once, and a second use revokes the family. */
export class Grants {
  readonly #world: World;
  readonly families: Family[] = [];
  readonly #refresh = new Map<string, RefreshToken>();
  readonly #access = new Map<string, AccessToken>();
  readonly #codes = new Map<string, Grant>();
  #approved = 0;
  /** How often a refresh token was used that was spent before. */
  reuses = 0;
  refreshes = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** A person signs in at the provider's page. */
  approve(grant: Grant): string {
    this.#approved += 1;
    const code = `code${this.#approved}`;
    this.#codes.set(code, grant);
    return code;
  }

  /** The provider's own session of a browser and a person, as it is now. */
  signOn(browser: number, user: number, provider: SignOn): string {
    const name = `${provider.name}.${browser}.${user}`;
    const ends = this.families.filter((family) => family.revoked === "sign-out" && family.sid.startsWith(`${name}.`)).length;
    return `${name}.${ends}`;
  }

  /** A person signs out at the provider, or everywhere: what was given is revoked. */
  signOut(owner: string, by: "sid" | "sub"): Pick<Order, "sid" | "issuedAt"> | null {
    const latest = this.families.findLast((family) => family.owner === owner && family.revoked === null);
    if (latest === undefined) return null;
    for (const family of this.families) {
      if (by === "sid" ? family.sid === latest.sid : family.owner === owner) family.revoked ??= "sign-out";
    }
    return { sid: by === "sid" ? latest.sid : null, issuedAt: EPOCH + Math.floor(this.#world.scheduler.now) };
  }

  /** The provider withdraws what it gave, and tells no process. */
  withdraw(owner: string): void {
    for (const family of this.families) if (family.owner === owner) family.revoked ??= "withdrawn";
  }

  /** A code is redeemed; good once. */
  redeem(code: string, nonce: string, at: SignOn): { readonly login: ProviderLogin; readonly family: Family } | null {
    const grant = this.#codes.get(code);
    this.#codes.delete(code);
    if (grant !== undefined && grant.provider !== at)
      this.#world.violate(7, `${code} of ${grant.provider.name} is sent to ${at.name}`);
    if (grant === undefined || grant.nonce !== nonce) return null;
    const issuedAt = EPOCH + Math.floor(this.#world.scheduler.now);
    const alias = `f${this.families.length + 1}`;
    const family = new Family(alias, grant, issuedAt);
    this.families.push(family);
    this.#refresh.set(family.current.text, family.current);
    const { issuer, name } = grant.provider;
    const identity = { issuer, subject: grant.user, claims: {}, authenticatedAt: issuedAt, method: `oidc:${name}` };
    return { login: { identity, tokens: this.#issue(family), sid: grant.sid, issuedAt }, family };
  }

  known(refreshToken: string | null): RefreshToken | undefined {
    return this.#refresh.get(refreshToken ?? "");
  }

  access(token: string): AccessToken | undefined {
    return this.#access.get(token);
  }

  /**
   * A refresh token leaves a process: for the first time, or because the outcome of the time before is unknown.
   */
  sends(send: Send): void {
    const { token } = send;
    const { settings } = this.#world;
    if (settings.refresh === "never")
      this.#world.violate(7, `${send.life.name} sends ${token.text}, and nothing is to be refreshed`);
    const { sends } = token.family;
    // A token that stays good is sent again after every success.
    const since =
      settings.rotation === "none" ? sends.findLastIndex((one) => one.token === token && one.outcome === "refreshed") + 1 : 0;
    const before = sends.slice(since).findLast((one) => one.token === token && one.outcome !== "unavailable");
    this.#tooSoon(sends.at(-1), send);
    sends.push(send);
    const unheard = sends
      .slice(since)
      .filter((one) => one.token === token && (one.outcome === null || one.outcome === "unknown"));
    const { session } = token.family;
    if (unheard.length > 2) this.#world.violate(7, `${token.text} is sent a third time, after two unknown outcomes`, session);
    if (before === undefined || this.#uncertain(before, send.at)) return;
    const already = `${before.life.name} has sent it already, and is there`;
    this.#world.violate(7, `${token.text} is sent by ${send.life.name}; ${already}`, session);
  }

  // A provider that failed is left alone for half a second at least, as far as clocks and the store let all know.
  #tooSoon(before: Send | undefined, { at, life, token }: Send): void {
    if (before?.heardAt == null || (before.outcome !== "unavailable" && before.outcome !== "unknown")) return;
    const pause = at - before.heardAt;
    if (pause >= SHORTEST_PAUSE - this.#world.apart || this.#uncertain({ ...before, outcome: null }, at)) return;
    const what = `${life.name} sends ${token.text} ${Math.round(pause)} ms after the provider failed`;
    this.#world.violate(10, what, token.family.session);
  }

  /** A refresh token arrives. `null`: `invalid_grant`. */
  exchange(send: Send): ProviderTokens | null {
    const { token } = send;
    const { family } = token;
    this.refreshes += 1;
    const { rotation, narrows } = this.#world.settings;
    if (token.spent !== null && !this.#inGrace(token)) {
      this.#reused(token);
      return null;
    }
    if (family.revoked !== null) return null;
    const again = token.spent !== null;
    if (rotation !== "none") token.spent ??= send;
    spring(this.#world, "spent", send.life);
    family.count += 1;
    if (narrows) family.scope = "openid";
    if (rotation === "none") token.scope = family.scope;
    else if (!again) {
      family.current = { text: `${family.alias}r${family.count}`, family, spent: null, scope: family.scope };
      this.#refresh.set(family.current.text, family.current);
    }
    return this.#issue(family);
  }

  /** A process asks for a token to be revoked. */
  revoke(token: RefreshToken): void {
    const { family } = token;
    const { session } = family;
    if (token.spent !== null && !this.#world.settings.revokesSpent) return;
    const used = family.revoked === null && !family.twice;
    if (used && session !== null && session.ended === null && !session.gone && this.#lives(session)) {
      this.#world.violate(7, `the tokens of ${session.alias}, which lives, were revoked`, session);
    }
    family.revoked ??= "by-us";
  }

  /** The result of a refresh is in the store. */
  committed(session: Known, life: Life): void {
    const send = session.family?.sends.findLast((one) => one.life === life && one.outcome === "refreshed");
    if (send !== undefined) send.committedAt ??= this.#world.scheduler.now;
  }

  /** The store lost what it was given since then: these results are not in it any more. */
  lost(session: Known, since: number): void {
    for (const send of session.family?.sends ?? []) {
      if (send.committedAt !== null && send.committedAt >= since) send.committedAt = null;
    }
  }

  /** Another process has the lease now. */
  leased({ family }: Known, life: Life): void {
    const { now } = this.#world.scheduler;
    for (const send of family?.sends ?? []) if (send.life !== life && this.#uncertain(send, now)) send.overtaken = true;
  }

  /** Whether the provider's books say why a session ended. */
  explains({ family }: Known, reason: EndReason): boolean {
    if (family === null || !family.refusalHeard) return false;
    if (reason === "provider" || family.revoked === "withdrawn" || family.revoked === "sign-out") return family.revoked !== null;
    return family.sends.some((send) => this.#uncertain(send, this.#world.scheduler.now));
  }

  /** Its successor was not used yet, and it is not long ago. */
  #inGrace({ family, spent }: RefreshToken): boolean {
    const { settings, scheduler } = this.#world;
    if (settings.rotation !== "grace" || spent === null || family.current.spent !== null) return false;
    return scheduler.now - spent.at <= GRACE && family.sends.every(({ token }) => token !== family.current);
  }

  #lives({ row }: Known): boolean {
    const wall = this.#world.latestWall;
    return wall < row.expires && wall - row.seen <= this.#world.settings.idle;
  }

  #reused(token: RefreshToken): void {
    this.reuses += 1;
    this.#world.note(() => `${token.text} is used again: the provider revokes ${token.family.alias}`);
    token.family.revoked ??= "reuse";
  }

  /**
   * Whether the process that sent it died, was stopped, was cut off from the store, or was never told, before its
   * result was stored.
   */
  #uncertain(send: Send, until: number): boolean {
    if (send.outcome === "unknown" || send.overtaken || send.token.family.twice) return true;
    const end = send.committedAt ?? until;
    return (
      send.life.wasAway(send.at, end) ||
      (send.committedAt === null && send.life.wasCutOff(send.token.family.session?.id ?? "", until))
    );
  }

  #issue(family: Family): ProviderTokens {
    const { now } = this.#world.scheduler;
    const { tokenLifetime } = this.#world.settings;
    const accessToken = `${family.alias}a${family.count}`;
    this.#access.set(accessToken, { family, expires: now + tokenLifetime });
    // `expires` is for the receiver to say, by a clock of their own.
    return {
      accessToken,
      refreshToken: family.current.text,
      idToken: `${family.alias}i${family.count}`,
      scope: family.scope,
      expires: 0,
    };
  }
}
