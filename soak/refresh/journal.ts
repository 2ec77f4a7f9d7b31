/**
 * What happened, as each side saw it. All times are milliseconds of the wall clock of this one machine. Tokens stand
 * here by a hash, sessions by their id, users by the account that one login made; each login has an account of its own.
 */

/** A life of a gateway: `b2` is the third process at the second place. */
export type Life = string;

/** A refresh token that was presented to the provider, as the provider saw it. */
export interface TokenUse {
  /** When the request came in, and when its answer left. */
  readonly at: number;
  readonly answered: number;
  readonly by: Life;
  readonly token: string;
  readonly account: string;
  /** What the user agreed to in one login: all tokens that come of it. */
  readonly grant: string;
  /**
   * `rotated`: accepted; `reuse`: it had been accepted before; `refused`: not known (any more); `error`: something
   * else, which was not planned.
   */
  readonly outcome: "rotated" | "reuse" | "refused" | "error";
}

/** A line of a gateway's log. */
export interface Line {
  readonly at: number;
  readonly by: Life;
  readonly event: string;
  readonly reason: string | null;
  readonly session: string | null;
}

/** What was done to a gateway. */
export interface Fault {
  readonly kind: "kill" | "stop";
  readonly by: Life;
  readonly from: number;
  /** When it went on; `null`: never. */
  readonly until: number | null;
}

/** A session that one of our users signed in to. */
export interface Known {
  readonly session: string;
  readonly account: string;
}

/** An answer that a user should not have got, unless the journals explain it. */
export interface Answer {
  readonly at: number;
  readonly by: Life;
  readonly session: string;
  /** `signed-out`: 401; all others are wrong whatever happened. */
  readonly kind: "signed-out" | "wrong";
  readonly what: string;
}

/** A session as the store has it at the end. */
export interface Stored {
  readonly session: string;
  readonly ended: number | null;
  readonly reason: string | null;
}

/** How long a lease stands, and the part of it within which the token has to be sent, milliseconds. */
export interface LeaseTimes {
  readonly length: number;
  readonly margin: number;
}

/** What the provider and the processes of each long run write down. */
export interface ProcessJournals {
  readonly lease: LeaseTimes;
  readonly uses: readonly TokenUse[];
  readonly lines: readonly Line[];
  readonly faults: readonly Fault[];
}

export interface Journals extends ProcessJournals {
  readonly sessions: readonly Known[];
  readonly answers: readonly Answer[];
  readonly stored: readonly Stored[];
}
