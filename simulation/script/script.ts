/**
 * What a run consists of, as data: what is configured, what people do, and what goes wrong. A run that fails shrinks by
 * leaving items out.
 */

import type { LostKind } from "../backends/lost-writes.ts";

/** What a tab asks for. */
export type Errand =
  /** Reads only. */
  | "read"
  | "page"
  | "members"
  /** Uses the provider's access token. */
  | "token"
  /** A resource refuses the token; it is refreshed by force. */
  | "rejected"
  /** Changes data, answered well. */
  | "edit"
  /** Changes data, and the answer is 500; nothing may be kept. */
  | "edit-fails"
  /** Changes data, and the handler throws. */
  | "edit-throws"
  | "rotate"
  | "edit-rotates"
  | "logout"
  /** `session.logout()` of the app, answered 200 or 500. */
  | "app-logout"
  | "app-logout-fails"
  /** The app signs a user in by itself. */
  | "app-login"
  | "end-others"
  | "login"
  /** A page whose answer is 500. */
  | "page-fails"
  /** A page that is not there: 404. */
  | "page-missing"
  /** A page whose handler sets the session's cookie itself. */
  | "own-cookie"
  /** An event stream: answered at once, and open until the session's signal says that it is over. */
  | "stream";

/**
 * How a request comes to us: through the portal, around it, or around it with a forged header. Or through
 * it with what it says in a state that cannot be used: garbled, not to be verified, or not now.
 */
export type Via = "portal" | "direct" | "forged" | "garbled" | "unproven" | "unsure";

export interface Visit {
  readonly kind: "visit";
  readonly browser: number;
  readonly tab: number;
  readonly errand: Errand;
  readonly via: Via;
  /** The user who signs in, if one does; the user whom a forged header names. */
  readonly user: number;
  readonly replica: number;
  /** How long the handler takes before and after it did something, milliseconds. */
  readonly pause: number;
  /** The client hangs up after this long. */
  readonly hangsUpAfter: number | null;
}

/**
 * `busy`: calls wait for their turn, and are told after a while that it does not come. `hangs`: calls are never
 * answered.
 */
export type StoreTrouble = "refuses" | "loses-answers" | "slow" | "busy" | "hangs";
export type ProviderTrouble = "refuses" | "error" | "busy" | "loses-answers" | "slow";

export type LookupTrouble = "throws" | "hangs" | "slow";
/** What an administrator makes of a user's account. `merged`: it is now that of another. */
export type Becomes = "known" | "unknown" | "blocked" | "merged";

/**
 * A moment in a refresh: the store has the lease; the token is sent; the provider has spent it; the answer is heard;
 * the store has the result. Or the store has a login; or anything at all, and the process that wrote it has not heard
 * so.
 */
export type Moment = "leased" | "sent" | "spent" | "heard" | "stored" | "signed-in" | "written";
/**
 * What can happen in a moment. `jump`: the clocks of all others, while this one is on its way. `cut-off`: the store
 * does not answer this process. `strand`: what it sent is lost, and it is stopped for longer than its lease, while the
 * provider is slow.
 */
export type Mishap = "kill" | "stop" | "jump" | "cut-off" | "strand";

/**
 * What a program does: gets new tokens with its user's session; refreshes with the newest, the one before, or an older
 * refresh token, or a made-up one of the same family; shows its access token; revokes.
 */
export type ProgramAct = "issue" | "refresh" | "previous" | "old" | "made-up" | "use" | "revoke";

/** Something that goes wrong, or that another party does. */
export type Event =
  | { readonly kind: "kill"; readonly replica: number; readonly lasts: number }
  | { readonly kind: "stop"; readonly replica: number; readonly lasts: number }
  | { readonly kind: "jump"; readonly replica: number; readonly by: number }
  /** At the next such moment it happens to the process that is in it. */
  | { readonly kind: "trap"; readonly on: Moment; readonly act: Mishap; readonly lasts: number }
  | { readonly kind: "store-trouble"; readonly replica: number | null; readonly lasts: number; readonly how: StoreTrouble }
  | { readonly kind: "provider-trouble"; readonly replica: number | null; readonly lasts: number; readonly how: ProviderTrouble }
  /** A new secret comes to every replica as the second, and then becomes the first. */
  | { readonly kind: "secrets" }
  /** All sessions go to another store. */
  | { readonly kind: "move" }
  | { readonly kind: "sweep"; readonly replica: number }
  | { readonly kind: "end-all"; readonly user: number; readonly replica: number }
  /** `newest`: the one that began last, where there are several; or else whichever is listed first. */
  | { readonly kind: "end-one"; readonly user: number; readonly replica: number; readonly newest?: boolean }
  | {
      readonly kind: "sign-out";
      readonly user: number;
      readonly by: "sid" | "sub";
      readonly replica: number;
      /** How long its notification is on its way, each time that it is sent; once and at once if absent. */
      readonly late?: readonly number[];
    }
  | { readonly kind: "withdraw"; readonly user: number }
  | { readonly kind: "copy"; readonly from: number; readonly to: number }
  /** At the portal another user is signed on in this browser from now on; `null`: none. */
  | { readonly kind: "portal"; readonly browser: number; readonly user: number | null }
  | {
      readonly kind: "account";
      readonly user: number;
      readonly becomes: Becomes;
      /** The process that is told to forget what it knows of them. */
      readonly forgets: number | null;
    }
  /**
   * The replica hears of no write for so long. `loses`: then it takes over, and they are gone; else it hears of all.
   */
  | { readonly kind: "failover"; readonly lasts: number; readonly loses: boolean }
  /** The store is cut in two: these replicas are with the old primary, the others get a new one after so long. */
  | { readonly kind: "split"; readonly lasts: number; readonly minority: readonly number[]; readonly heals: number }
  | { readonly kind: "lookup-trouble"; readonly replica: number | null; readonly lasts: number; readonly how: LookupTrouble };

/** A program of a browser's user does something with the tokens that it has then. */
export interface ProgramStep {
  readonly kind: "program";
  readonly browser: number;
  readonly act: ProgramAct;
  readonly replica: number;
}

export type Item = (Visit | ProgramStep | Event) & {
  /** When, milliseconds from the beginning. */
  readonly at: number;
  /** Its name, and the seed of its chances. */
  readonly id: number;
};

/** A portal in front, that signs people on, and what the app makes of them. */
export interface PortalSettings {
  readonly unknown: "anonymous" | "register" | "refuse";
  readonly cacheFor: number;
  /** Whether the app's users are those whom the provider's logins sign in, or others. */
  readonly accounts: "shared" | "own";
  /** Whether the claims change with every sign-on at the portal. */
  readonly claims: boolean;
  /** Users whom the app does not know at first. */
  readonly strangers: readonly number[];
}

export interface Settings {
  readonly replicas: number;
  /**
   * `confirming`: a store with a replica, which acknowledges a write once the replica has it. `losing`: it does not
   * wait for that. `moving`: two stores, and sessions are moved from one to the other.
   */
  readonly store: "memory" | "sqlite" | "confirming" | "losing" | "moving";
  /** Which kind of write a `losing` store does not wait with; `null`: all of them. */
  readonly loses: LostKind | null;
  /** Whether a store answers with a value, a promise, or now so, now so. */
  readonly answers: "later" | "at-once" | "mixed";
  /** Whether the store tells processes of endings by itself. */
  readonly watch: boolean;
  /** How far each replica's wall clock is off, milliseconds. */
  readonly skews: readonly number[];
  readonly idle: number;
  readonly lifetime: number;
  readonly unconfirmed: number;
  readonly tokenLifetime: number;
  readonly refreshTimeout: number;
  readonly wait: number;
  readonly refresh: "keep-in-step" | "on-demand" | "never";
  readonly background: boolean;
  /** How slow things can be: 0 quick, 1 with stragglers of seconds. */
  readonly tempo: number;
  /** Which share of single calls goes wrong. */
  readonly storeNoise: number;
  readonly providerNoise: number;
  readonly lookupNoise: number;
  /** Whether the provider knows the family of a refresh token that was spent already, when it is revoked. */
  readonly revokesSpent: boolean;
  /**
   * What becomes of a refresh token that was used. `strict`: it is spent, and a second use revokes the family. `grace`:
   * for a while a second use gets the same successor. `none`: it stays good.
   */
  readonly rotation: "strict" | "grace" | "none";
  /** Whether a refresh gives less than the login did. */
  readonly narrows: boolean;
  /** How many providers people sign in with. */
  readonly providers: 1 | 2;
  /** The most sessions of a user; `null`: as many as they like. */
  readonly cap: number | null;
  readonly users: number;
  readonly browsers: number;
  /** Whether users have programs with tokens of ours. */
  readonly tokens: boolean;
  /** `null`: people come to us directly. */
  readonly proxy: PortalSettings | null;
}

export interface Script {
  readonly seed: number;
  readonly settings: Settings;
  readonly items: readonly Item[];
}
