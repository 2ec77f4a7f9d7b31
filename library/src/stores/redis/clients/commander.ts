/** What the store needs of a client, whichever library it is of. */

import { CoatcheckError } from "../../../core/errors.ts";

/** A command: its name and its arguments. */
export type RedisCommand = readonly [name: string, ...args: string[]];

/** A connection of the store's own to one server: what is sent in one call goes over one connection, in order. */
export interface Link {
  /**
   * Answers to the commands, in their order; an error that the server answered is a value. Rejects if the connection
   * was lost.
   */
  pipeline(commands: readonly RedisCommand[]): Promise<readonly unknown[]>;
  /** Listens from now on, over reconnects too. */
  subscribe(channel: string, listener: LinkListener): Promise<void>;
  /** Closes the connection, also one that is not open yet. Never throws. */
  close(): void;
}

/** What a subscription tells. */
export interface LinkListener {
  heard(message: string): void;
  /** The subscription stands: the first time, and after each interruption. */
  stands(): void;
  /** The connection broke. It is made again by itself, if the server comes back. */
  lost(): void;
  /** It is not made again: the app told its client to give up after a while. */
  over(): void;
}

/** Sends commands through the app's client, and opens connections of the store's own beside it. */
export interface Commander {
  readonly kind: "server" | "sentinel" | "cluster";
  /** Sends a command to the master that has the key. */
  send(key: string, command: RedisCommand): Promise<unknown>;
  /** Names the master that has the key, as far as the client knows: keys of one master have one name. */
  masterOf(key: string): string;
  /** All masters that the client knows. */
  masters(): readonly string[];
  /** Sends a command of no key to one of them. */
  ask(master: string, command: RedisCommand): Promise<unknown>;
  /**
   * A connection to this master, which {@link masterOf} or a redirection names. Its calls reject if the client does not
   * know the master, or cannot reach it.
   */
  open(master: string): Link;
}

/** The name of the only master of what is no cluster. */
export const ONLY = "";

/**
 * Text of an answer that may be a buffer if the app asked its client for buffers; `undefined` if there is none. Throws
 * for any other: what cannot be read is an outage, and not an absence.
 */
export function textOf(answer: unknown): string | undefined {
  if (typeof answer === "string") return answer;
  if (answer === null || answer === undefined) return undefined;
  return Buffer.isBuffer(answer) ? answer.toString() : unreadable();
}

/** An answer of several. Throws for any other. */
export const listOf = (answer: unknown): readonly unknown[] => (Array.isArray(answer) ? answer : unreadable());

function unreadable(): never {
  throw new CoatcheckError("ERR_STORE_UNAVAILABLE", {
    message: "The Redis client answers by other types than it does by default. Give the store a client without type mappings.",
  });
}

export const unknownMaster = (master: string): Error => new Error(`The client knows no master ${master || "at all"}.`);
