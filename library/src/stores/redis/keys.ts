/** The names of what the store keeps, and digests of texts that may hold anything. */
import { createHash } from "node:crypto";
import type { SessionRow } from "../../contracts.ts";
import { hashOfText } from "../../core/hot-rows.ts";

/** How many characters of a digest are used: 132 bits. */
const DIGEST_LENGTH = 22;
/** Its first characters name a bucket, so that there are 2^18: at ten million sessions each holds some eighty ids. */
const BUCKET_LENGTH = 3;
/** Sets of ids by `renewAt`: enough to spread over the masters of a cluster. */
const RENEW_SETS = 64;

/** SHA-256 of a text, cut: owners may be anything, are personal data, and need not stand in slow logs. */
const digest = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, DIGEST_LENGTH);

/** The mark of a row that stands in no set. */
export const NO_MARK = "-".repeat(DIGEST_LENGTH);

/** Names the sets in which a row stands: if it is the same, they need not be written again. */
export function indexMark({ owner, issuer, sid }: SessionRow): string {
  const inSid = issuer !== null && sid !== null;
  return owner === null && !inSid ? NO_MARK : digest(JSON.stringify([owner, inSid ? issuer : null, inSid ? sid : null]));
}

/** Where the ids of one owner, or of one session of a provider, are. */
export interface GroupKeys {
  /** A set that it shares with others. */
  readonly bucket: string;
  /** How its members of the bucket begin; an id follows. */
  readonly entry: string;
  /** A set of its own, for what a full bucket does not take. */
  readonly own: string;
}

/** Keys below one prefix. Each has one hash tag, so that the same names serve one server and a cluster. */
export class Keys {
  readonly #prefix: string;
  /** The channel on which endings are told. */
  readonly channel: string;
  /** All sets of ids by `renewAt`. */
  readonly renewSets: readonly string[];
  /** Stands while these sets hold all rows. */
  readonly renewWhole: string;
  /** Stands while a process fills them. */
  readonly renewFilling: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.channel = `${prefix}:ended`;
    this.renewSets = Array.from({ length: RENEW_SETS }, (_, set) => `${prefix}:r:{${set}}`);
    this.renewWhole = `${prefix}:f:{whole}`;
    this.renewFilling = `${prefix}:f:{filling}`;
  }

  /** What rows and markers are named like, as `SCAN` takes it; no prefix has letters that mean something there. */
  get scanPattern(): string {
    return `${this.#prefix}:[sm]:{*}`;
  }

  /** The same for rows alone. */
  get rowPattern(): string {
    return `${this.#prefix}:s:{*}`;
  }

  /** The id of the row of this name; `undefined` for another name. */
  idOf(name: string): string | undefined {
    const begin = `${this.#prefix}:s:{`;
    return name.startsWith(begin) ? name.slice(begin.length, -1) : undefined;
  }

  row(id: string): string {
    return `${this.#prefix}:s:{${id}}`;
  }

  owner(owner: string): GroupKeys {
    return this.#group("o", digest(owner));
  }

  /** The two are digested as one JSON text, so that however they are cut, they cannot be mixed up. */
  sid(issuer: string, sid: string): GroupKeys {
    return this.#group("i", digest(JSON.stringify([issuer, sid])));
  }

  marker(key: string): string {
    return `${this.#prefix}:m:{${digest(key)}}`;
  }

  renew(id: string): string {
    return `${this.#prefix}:r:{${(hashOfText(id) >>> 0) % RENEW_SETS}}`;
  }

  #group(kind: "o" | "i", name: string): GroupKeys {
    const bucket = `${this.#prefix}:x:{${name.slice(0, BUCKET_LENGTH)}}`;
    return { bucket, entry: name.slice(BUCKET_LENGTH), own: `${this.#prefix}:${kind}:{${name}}` };
  }
}
