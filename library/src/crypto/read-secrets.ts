/** Reads configured secrets, and refuses weak ones. */
import { CoatcheckError } from "../core/errors.ts";
import { momentOf } from "./moment.ts";

const MINIMUM_BYTES = 32;
/** 32 random bytes have about 30 different values; fewer than half of that is no accident. */
const MINIMUM_VARIETY = 16;

/** Placeholders that people type instead of a secret; also with digits or repeated. */
const PLACEHOLDERS =
  /^(?:(?:change|replace)(?:me|this|it)|(?:my|your|the|top|app|cookie|session|super)*(?:secret|password|key)|coatcheck|default|example|insecure|keyboardcat|todo|test|dev(?:elopment)?|none|null|undefined|placeholder|xxx)+$/;

/** The setting that the secrets came from, for messages: `COATCHECK_SECRET`. */
export type SecretSource = string | undefined;

/** A secret, and until when it counts. */
export interface DatedSecret {
  readonly bytes: Buffer;
  /** Milliseconds since the epoch; infinite without a date. */
  readonly until: number;
}

/**
 * The bytes of each configured secret, in order: a list, or one text with commas. Dates behind them (` until
 * 2027-03-01T00:00:00Z`) are read and not judged. Base64url is what `coatcheck secret`
 * prints; base64, in several lines too, and hexadecimal are read as well, for it is what other tools print.
 *
 * @throws {CoatcheckError} `ERR_SECRET` for none, and for one that is empty, too short, a placeholder, not random, or
 * given twice. The
 *   message names the place, never the secret (CR-07, S-38).
 *
 * @example
 * ```ts
 * import { readSecrets } from "coatcheck/secrets";
 * const [current, ...older] = readSecrets(process.env["COATCHECK_SECRET"], "COATCHECK_SECRET");
 * ```
 */
export function readSecrets(secrets: string | readonly string[] | undefined, source?: SecretSource): readonly Buffer[] {
  return readDatedSecrets(secrets, source).map(({ bytes }) => bytes);
}

/** The same with their dates; the first has none, since it seals. */
export function readDatedSecrets(secrets: string | readonly string[] | undefined, source?: SecretSource): readonly DatedSecret[] {
  const texts = typeof secrets === "string" ? secrets.split(",") : (secrets ?? []);
  if (texts.length === 0 || (texts.length === 1 && blank(texts[0]))) {
    throw refusal("there is no secret", `${source ?? "secrets"} is not set; it needs 32 random bytes.`);
  }
  const read: DatedSecret[] = [];
  for (const [index, text] of texts.entries()) {
    const place = source === undefined ? `secrets[${index}]` : `${source} (secrets[${index}])`;
    const secret = readDated(text, place);
    const twin = read.findIndex(({ bytes }) => bytes.equals(secret.bytes));
    if (twin >= 0) throw refusal("a secret is given twice", `${place} is the same as secrets[${twin}]; remove one of them.`);
    if (index === 0 && secret.until !== Number.POSITIVE_INFINITY)
      throw refusal("the first secret has a date", `${place} seals, so it counts until another is the first; its date goes.`);
    read.push(secret);
  }
  return read;
}

/** `SECRET until 2027-03-01T00:00:00Z`, or the secret alone. */
const DATED = /^(.*\S)\s+until\s+(\S+)$/s;

function readDated(given: unknown, place: string): DatedSecret {
  const [, text, date] = (typeof given === "string" ? DATED.exec(given.trim()) : null) ?? [];
  const until = date === undefined ? Number.POSITIVE_INFINITY : momentOf(date);
  if (until === undefined)
    throw refusal("a secret's date cannot be read", `Write the one of ${place} with its zone: until 2027-03-01T00:00:00Z.`);
  return { bytes: readPlain(text ?? given, place), until };
}

/**
 * The bytes of one secret, without its date if it has one; `place` names it in messages. Throws as {@link readSecrets}
 * does.
 *
 * @example
 * ```ts
 * import { readSecret } from "coatcheck/secrets";
 * const key = readSecret(process.env["WEBHOOK_SECRET"], "WEBHOOK_SECRET");
 * ```
 */
export function readSecret(given: unknown, place: string): Buffer {
  return readDated(given, place).bytes;
}

function readPlain(given: unknown, place: string): Buffer {
  if (typeof given !== "string") throw refusal("the secret is not a text", `${place} is not a string.`);
  const text = given.trim();
  if (text === "") throw refusal("a secret is empty", `${place} is empty; is there a comma too many?`);
  const word = isPlaceholder(text);
  // A word may be valid base64url too, but it was not meant as the bytes that it encodes.
  const typed = Buffer.from(text);
  // A text that cannot be decoded and is too short is measured as it was typed.
  const bytes = word ? typed : (decode(text) ?? (typed.length < MINIMUM_BYTES ? typed : undefined));
  if (bytes === undefined) {
    throw refusal("the secret cannot be read", `${place} is not base64url; it may have been cut or mistyped.`);
  }
  if (bytes.length < MINIMUM_BYTES) {
    throw refusal("the secret is too short", `${place} has ${bytes.length} bytes; it needs ${MINIMUM_BYTES} random ones.`);
  }
  if (word || looksTyped(text) || !looksRandom(bytes)) {
    throw refusal("the secret can be guessed", `${place} is not random; it needs ${MINIMUM_BYTES} random bytes.`);
  }
  return bytes;
}

/**
 * Hexadecimal, base64url or base64, each only in its canonical spelling: a secret that lost a character must not pass.
 */
function decode(text: string): Buffer | undefined {
  if (/^(?:[0-9a-f]{2})+$/.test(text) || /^(?:[0-9A-F]{2})+$/.test(text)) return Buffer.from(text, "hex");
  const plain = text
    .replace(/={1,2}$/, "")
    .replaceAll(/\r?\n/g, "")
    .replaceAll("+", "-")
    .replaceAll("/", "_");
  const bytes = Buffer.from(plain, "base64url");
  return bytes.toString("base64url") === plain ? bytes : undefined;
}

function isPlaceholder(text: string): boolean {
  return PLACEHOLDERS.test(text.toLowerCase().replace(/[^a-z]/g, ""));
}

/**
 * A pass phrase without capitals, or in capitals only: 43 random characters are one or the other once in billions of
 * times.
 */
function looksTyped(text: string): boolean {
  return !/^[0-9a-f]+$/i.test(text) && (!/[a-z]/.test(text) || !/[A-Z]/.test(text));
}

function looksRandom(bytes: Buffer): boolean {
  if (new Set(bytes).size < MINIMUM_VARIETY) return false;
  if (bytes.every((byte) => byte >= 0x09 && byte < 0x7f)) return false;
  const step = differenceAt(bytes, 1);
  return !bytes.every((_, index) => index === 0 || differenceAt(bytes, index) === step);
}

function differenceAt(bytes: Buffer, index: number): number {
  return ((bytes[index] ?? 0) - (bytes[index - 1] ?? 0)) & 0xff;
}

function blank(text: unknown): boolean {
  return typeof text === "string" && text.trim() === "";
}

function refusal(title: string, detail: string): CoatcheckError {
  return new CoatcheckError("ERR_SECRET", { message: `${title}\n  ${detail}\n  Make one:  npx coatcheck secret` });
}
