/**
 * What happened in a run, as each side saw it. All times are milliseconds of the wall clock of this one machine. A
 * session is a browser's, a family of tokens, or an agent's token, by its id.
 */
import type { Life, ProcessJournals } from "../refresh/journal.ts";

/** A session that one of our users was given. */
export interface Known {
  readonly session: string;
  /** Who signed in. */
  readonly account: string;
  readonly kind: "browser" | "tokens" | "agent";
  /** The session that it hangs on. */
  readonly parent?: string;
  /** When its login, or its issue, was sent, and when the answer was here. */
  readonly begun: number;
  readonly at: number;
}

/** An answer to a request that showed what proves a session. */
export interface Answer {
  readonly session: string;
  readonly from: number;
  readonly at: number;
  /** The server of the load balancer that gave it. */
  readonly by: string;
  /** `wrong`: neither served nor signed out, whatever happened. */
  readonly kind: "served" | "signed-out" | "wrong";
  /** Whom the app was told, where it was asked; else what is wrong. */
  readonly what: string;
}

/** A user asked for the end of sessions. */
export interface Ending {
  readonly how: "logout" | "everywhere" | "revoke" | "replaced";
  readonly account: string;
  /** The session that asked, or is to end; `everywhere` ends all others of the account. */
  readonly session: string;
  readonly from: number;
  readonly at: number;
  /** Whether the answer said that it is done. */
  readonly acknowledged: boolean;
}

/** A write of a number, to a key of the data that a session, and what follows it in the same browser, has. */
export interface Edit {
  readonly book: string;
  readonly key: string;
  readonly value: number;
  readonly from: number;
  readonly at: number;
  readonly stored: boolean;
}

/** The data as an app answered them. */
export interface Read {
  readonly book: string;
  readonly by: string;
  readonly from: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Data that did not come along with a login in the place of this session. */
export interface Dropped {
  readonly session: string;
  readonly by: string;
}

/** A use of a refresh token of ours. Tokens stand here by a hash. */
export interface Exchange {
  readonly session: string;
  readonly token: string;
  readonly successor: string;
  readonly by: string;
}

/** Something that was done to what all replicas share; `until`: it was whole again. */
export interface Outage {
  readonly kind: "restart" | "failover" | "rotation" | "reload";
  readonly what: string;
  readonly from: number;
  readonly until: number;
}

/** What a process said that no process should. */
export interface Outcry {
  readonly by: Life;
  readonly what: string;
}

export interface Journals extends ProcessJournals {
  readonly outages: readonly Outage[];
  readonly outcries: readonly Outcry[];
  readonly sessions: readonly Known[];
  /** The provider's grant of a session. */
  readonly grants: ReadonlyMap<string, string>;
  readonly answers: readonly Answer[];
  readonly endings: readonly Ending[];
  readonly edits: readonly Edit[];
  readonly reads: readonly Read[];
  readonly exchanges: readonly Exchange[];
  readonly dropped: readonly Dropped[];
  /** Logins that were refused, though nobody was out of order; what was answered. */
  readonly refusedLogins: readonly string[];
}
