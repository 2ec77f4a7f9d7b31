/** What the laboratory asks of a provider that it runs. */
import type { Recorder } from "./recorder.ts";

/**
 * What a provider may lack. What depends on it is then not asked for, or turns out differently, and the table says why.
 */
export type Ability =
  /** Keeps a session of its own, so that another app needs no second login. */
  | "single-sign-on"
  /** Has a logout that an app can lead browsers to. */
  | "end-session"
  /** Tells apps when a user signs out. */
  | "back-channel"
  /** Takes tokens back. */
  | "revocation"
  /** Has as many refresh tokens for a user and a client as that user has sessions. */
  | "many-grants"
  /** Knows after a restart what it knew before. */
  | "memory"
  | "disable-user"
  /** Says of a user who is disabled that the grant is over, and not that something is broken. */
  | "clear-refusal"
  | "end-sessions"
  /** Tells apps when an administrator ends a session. */
  | "end-notice"
  /** And of every session, where an administrator ends all of a user's. */
  | "every-notice"
  | "rotate-keys";

export interface Client {
  readonly id: string;
  readonly secret: string;
  readonly origin: string;
}

/** Where a provider is to run, and for whom. */
export interface Place {
  readonly folder: string;
  /** Where it listens; browsers and gateways reach it by the recorder. */
  readonly port: number;
  readonly recorder: Recorder;
  readonly clients: readonly Client[];
  /** Their names at the login, which are their e-mail addresses. */
  readonly users: readonly string[];
  readonly password: string;
  /** Of its access tokens, seconds. */
  readonly lifetime: number;
}

/** A provider that runs. */
export interface Running {
  readonly issuer: string;
  /** Ends its process. */
  stop(): Promise<void>;
  start(): Promise<void>;
  disableUser?(user: string): Promise<void>;
  /** Ends all sessions of a user, as an administrator does. */
  endSessions?(user: string): Promise<void>;
  /** A new key signs from now on. */
  rotateKeys?(): Promise<void>;
}

export interface Provider {
  /** As in `npm run providers -- ID`. */
  readonly id: string;
  /** The head of its column. */
  readonly title: string;
  /** Columns of a lane run one after the other. */
  readonly lane: string;
  /** Why what it lacks is missing; each text becomes a note below the table. */
  readonly lacks: { readonly [ability in Ability]?: string };
  /** Where time has to be shorter here than in its guide. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The gateway's settings, as its guide has them. */
  settings(): string;
  open(place: Place, stack: AsyncDisposableStack): Promise<Running>;
}
