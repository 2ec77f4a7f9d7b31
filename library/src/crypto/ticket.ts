import { hash } from "node:crypto";
import type { Entropy } from "../contracts.ts";

/** What a new session's browser and its row are given. */
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

/** A ticket's two halves, as presented; nothing is proved yet. */
export interface PresentedTicket {
  readonly id: string;
  readonly secret: string;
}

const ID_BYTES = 16;
const ID_CHARACTERS = 22;
const SECRET_BYTES = 32;
/** The end inside an id is in seconds, cut to multiples of 64: enough to keep neighbours together, too coarse to tell a login. */
const COARSE_SECONDS = 64;

/**
 * Canonical base64url of 16 and of 32 bytes: the bits that the last characters hold beyond them are zero, so that there is one
 * spelling of a ticket.
 */
const CHARACTER = "[A-Za-z0-9_-]";
// Written out, because a counted repetition takes nearly three times as long.
const ID = `${CHARACTER.repeat(21)}[AQgw]`;
const ONLY_ID = new RegExp(`^${ID}$`);
const LEADING_ID = new RegExp(`^${ID}\\.`);
const TICKET_CHARACTERS = 66;
const ONLY_SECRET = new RegExp(`^${CHARACTER.repeat(42)}[AEIMQUYcgkosw048]$`);

/**
 * A fresh ticket. The id is 128 bits: its session's absolute end, coarse, in the first 32, so that rows that end together lie
 * together; the rest random. The secret is 256 random bits (CR-01, S-08).
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

/** A fresh secret alone: what `rotate` puts in the place of the old one. 256 random bits, 43 characters. */
export function mintSecret(entropy: Entropy): string {
  const bytes = entropy.bytes(SECRET_BYTES);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

/** The cookie's value for an id and its secret. */
export function joinTicket(id: string, secret: string): string {
  return `${id}.${secret}`;
}

/** The halves of a ticket, or `undefined` for whatever is not exactly one: other lengths, characters, or spellings. */
export function parseTicket(value: string): PresentedTicket | undefined {
  const halves = splitTicket(value);
  return halves !== undefined && isSecret(halves.secret) ? halves : undefined;
}

/**
 * The halves of what has a ticket's length and an id. Of the secret only the length is known: its spelling need not be looked at where its
 * hash is compared, since one that was minted is spelled right.
 */
export function splitTicket(value: string): PresentedTicket | undefined {
  if (value.length !== TICKET_CHARACTERS || !LEADING_ID.test(value)) return undefined;
  return { id: value.slice(0, ID_CHARACTERS), secret: value.slice(ID_CHARACTERS + 1) };
}

/** Whether this could be a session's secret. */
export function isSecret(value: string): boolean {
  return ONLY_SECRET.test(value);
}

/** Whether this could be a session's id; such as come in paths. */
export function isId(value: string): boolean {
  return ONLY_ID.test(value);
}

/** SHA-256 of a secret's text, base64url: what is stored instead of it. Plain, for nobody guesses 256 random bits (CR-02). */
export function hashSecret(secret: string): string {
  return hash("sha256", secret, "base64url");
}

function coarseSeconds(expires: number): number {
  if (!Number.isFinite(expires)) throw new TypeError("A ticket needs the absolute end of its session in milliseconds.");
  const seconds = Math.floor(expires / 1000 / COARSE_SECONDS) * COARSE_SECONDS;
  return Math.min(Math.max(seconds, 0), 0xff_ff_ff_ff);
}
