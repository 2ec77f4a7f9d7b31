/** Session tickets: how they are made, parsed and hashed. */
import { hash } from "node:crypto";
import type { Entropy } from "../contracts.ts";

/** A new ticket: what the browser gets, and what the row stores of it. */
export interface MintedTicket {
  /** Names the session; no credential. 22 characters. */
  readonly id: string;
  /** Proves the session; goes to the browser and nowhere else. 43 characters. */
  readonly secret: string;
  /** `id.secret`, the cookie's value. */
  readonly ticket: string;
  /** What the row keeps of the secret. */
  readonly secretHash: string;
}

/** A ticket's two halves. */
interface TicketHalves {
  readonly id: string;
  readonly secret: string;
}

/**
 * A ticket as presented, by its position in a text; nothing is proved yet. Of the secret only the length is checked.
 */
export class PresentedTicket implements TicketHalves {
  readonly id: string;
  readonly text: string;
  /** Where in the text the secret begins. */
  readonly secretAt: number;

  constructor(id: string, text: string, secretAt: number) {
    this.id = id;
    this.text = text;
    this.secretAt = secretAt;
  }

  get secret(): string {
    return this.text.slice(this.secretAt, this.secretAt + SECRET_CHARACTERS);
  }
}

const ID_BYTES = 16;
const ID_CHARACTERS = 22;
const SECRET_BYTES = 32;
/** Of every secret's text. */
export const SECRET_CHARACTERS = 43;
/**
 * The end inside an id is in seconds, rounded down to multiples of 64: enough to keep rows that end together next to
 * each other, too coarse to tell when a login was.
 */
const COARSE_SECONDS = 64;

/**
 * Canonical base64url of 16 and of 32 bytes: the bits that the last characters hold beyond them are zero, so that there
 * is one spelling of a ticket.
 */
const CHARACTER = "[A-Za-z0-9_-]";
// Written out, because a counted repetition takes nearly three times as long.
const ID = `${CHARACTER.repeat(21)}[AQgw]`;
const ONLY_ID = new RegExp(`^${ID}$`);
const DOT = 0x2e;
const ONLY_SECRET = new RegExp(`^${CHARACTER.repeat(42)}[AEIMQUYcgkosw048]$`);

/**
 * A fresh ticket. The id is 128 bits: its session's absolute end, coarse, in the first 32, so that rows that end
 * together lie together; the rest random. The secret is 256 random bits (CR-01, S-08).
 *
 * @param expires the absolute end, ms since the epoch
 */
export function mintTicket(entropy: Entropy, expires: number): MintedTicket {
  const idBytes = Buffer.alloc(ID_BYTES);
  idBytes.writeUInt32BE(coarseSeconds(expires), 0);
  idBytes.set(entropy.bytes(ID_BYTES - 4), 4);
  const id = idBytes.toString("base64url");
  const secret = mintSecret(entropy);
  return { id, secret, ticket: joinTicket(id, secret), secretHash: hashSecret(secret) };
}

/** A fresh secret alone, with which `rotate` replaces the old one. 256 random bits, 43 characters. */
export function mintSecret(entropy: Entropy): string {
  const bytes = entropy.bytes(SECRET_BYTES);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

/** The cookie's value for an id and its secret. */
export function joinTicket(id: string, secret: string): string {
  return `${id}.${secret}`;
}

/**
 * The halves of a ticket, or `undefined` for anything that is not exactly one: other lengths, characters, or spellings.
 */
export function parseTicket(value: string): TicketHalves | undefined {
  const ticket = ticketIn(value, 0, value.length);
  if (ticket === undefined) return undefined;
  const { id, secret } = ticket;
  return isSecret(secret) ? { id, secret } : undefined;
}

/**
 * What has a ticket's length and an id, between two positions of a text. The secret's spelling need not be checked if
 * its hash is compared, since one that was minted is spelled right.
 */
export function ticketIn(text: string, start: number, end: number): PresentedTicket | undefined {
  const dot = start + ID_CHARACTERS;
  if (end !== dot + 1 + SECRET_CHARACTERS || text.charCodeAt(dot) !== DOT) return undefined;
  const id = text.slice(start, dot);
  return ONLY_ID.test(id) ? new PresentedTicket(id, text, dot + 1) : undefined;
}

/** Whether this could be a session's secret. */
export function isSecret(value: string): boolean {
  return ONLY_SECRET.test(value);
}

/** Whether this could be a session's id, as in a path. */
export function isId(value: string): boolean {
  return ONLY_ID.test(value);
}

/** When the session of this id ends at the latest, as its id says; ms since the epoch. */
export function latestEnd(id: string): number {
  return (Buffer.from(id, "base64url").readUInt32BE(0) + COARSE_SECONDS) * 1000;
}

/**
 * SHA-256 of a secret's text, base64url: what is stored instead of it. Plain, since 256 random bits cannot be guessed
 * (CR-02).
 */
export function hashSecret(secret: string): string {
  return hash("sha256", secret, "base64url");
}

function coarseSeconds(expires: number): number {
  if (!Number.isFinite(expires)) throw new TypeError("A ticket needs the absolute end of its session in milliseconds.");
  const seconds = Math.floor(expires / 1000 / COARSE_SECONDS) * COARSE_SECONDS;
  return Math.min(Math.max(seconds, 0), 0xff_ff_ff_ff);
}
