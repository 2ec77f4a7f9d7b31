/** The floor's session: a ticket, its hash and its body, with nothing of a library between them. */
import { hash, randomBytes } from "node:crypto";
import { dataOf, personOf } from "../../load/people.ts";

/**
 * The least that a session with a proof takes: a ticket in a cookie, the hash of its secret, and what belongs to it.
 */
export interface Ticket {
  readonly id: string;
  readonly secretHash: string;
  readonly cookie: string;
  readonly body: string;
}

const NAME = "__Host-Http-coatcheck=";
const ID_LENGTH = 22;

export function ticketOf(index: number): Ticket {
  const id = randomBytes(16).toString("base64url");
  const secret = randomBytes(32).toString("base64url");
  const body = JSON.stringify({ identity: personOf(index), data: dataOf(index) });
  return { id, secretHash: hashOf(secret), cookie: `cookie: ${NAME}${id}.${secret}`, body };
}

export const hashOf = (secret: string): string => hash("sha256", secret, "base64url");

/** The ticket's halves, as quickly as they can be had from a header that has nothing else. */
export function presented(header: string | undefined): { readonly id: string; readonly secret: string } | undefined {
  const at = header?.indexOf(NAME) ?? -1;
  if (header === undefined || at < 0) return undefined;
  const start = at + NAME.length;
  const semicolon = header.indexOf(";", start);
  const end = semicolon < 0 ? header.length : semicolon;
  return { id: header.slice(start, start + ID_LENGTH), secret: header.slice(start + ID_LENGTH + 1, end) };
}
