/** The headers that tell an upstream who the authenticated user is. */
import type { Identity, JsonValue } from "coatcheck/contracts";
import type { Settings } from "../../config/config.ts";
import { hasSeveralIssuers } from "../../config/several-issuers.ts";
import type { NoticeReason } from "../../observe/observer.ts";
import { ClaimNames } from "../../session/people/claim-names.ts";
import { Addresses } from "../../session/people/user-list.ts";
import { UsersOf } from "../../session/users-of.ts";
import { KeptHeaders } from "./kept-headers.ts";

type Single = "user" | "email" | "preferred-username" | "issuer";

/** Hears what was left out of the identity headers. Never the value. */
export type LeftOut = (what: NoticeReason<"identity-header.left-out">) => void;

/** The longest value of the groups header, in bytes. */
const LONGEST_GROUPS = 4096;

const ASCII = /^[\x20-\x7e]*$/;
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

/** UTF-8 as header fields carry it: one character for each byte. */
function asField(value: string): string {
  return ASCII.test(value) ? value : Buffer.from(value.toWellFormed(), "utf8").toString("latin1");
}

/**
 * Without control characters, and without spaces at its ends: headers and their readers lose these, so that two names
 * could become one.
 */
const isFaithful = (value: string): boolean => !CONTROL.test(value) && value.trim() === value;

/** A value that arrives unchanged; any other is left out. */
function single(value: JsonValue | undefined, what: Single, leftOut: LeftOut): string {
  if (typeof value !== "string" || value === "") return "";
  if (isFaithful(value)) return asField(value);
  leftOut(what);
  return "";
}

function joined(groups: readonly string[], leftOut: LeftOut): string {
  let text = "";
  for (const group of groups) {
    if (group === "" || group.includes(",") || !isFaithful(group)) {
      leftOut("group");
      continue;
    }
    const field = asField(group);
    if (text.length + field.length + 1 > LONGEST_GROUPS) {
      leftOut("groups-too-long");
      break;
    }
    text = text === "" ? field : `${text},${field}`;
  }
  return text;
}

/** The identity headers of an authenticated user or of an anonymous caller: always all of them. */
export interface IdentityHeaders {
  /** Names and values in turn. */
  readonly lines: readonly string[];
  /** The same as they stand in a head, where it is known: of users who come again. */
  readonly text: string | undefined;
}

/** What the settings say about identity headers. */
interface Told {
  /** There are several issuers, so the issuer has to be told: each may call another user by the same name (F-15). */
  readonly issuer: boolean;
  readonly claims: ClaimNames;
  readonly addresses: Addresses;
}

/** Makes the identity headers of one gateway. */
export class IdentityHeaderMaker {
  readonly #told: Told;
  readonly #anonymous: IdentityHeaders;
  readonly #kept = new KeptHeaders<IdentityHeaders>();

  constructor(told: Told) {
    this.#told = told;
    this.#anonymous = headersOf("", "", "", "", told.issuer ? "" : undefined);
  }

  /** The identity headers; empty for an anonymous caller. */
  of(identity: Identity | null, leftOut: LeftOut): IdentityHeaders {
    if (identity === null) return this.#anonymous;
    const known = this.#kept.get(identity);
    if (known !== undefined) return known;
    let whole = true;
    const made = this.#make(identity, (what) => {
      whole = false;
      leftOut(what);
    });
    // What is left out is reported each time.
    if (!whole || !this.#kept.comesAgain(identity)) return made;
    const kept = { lines: made.lines, text: textOf(made.lines) };
    this.#kept.keep(identity, kept);
    return kept;
  }

  #make(identity: Identity, leftOut: LeftOut): IdentityHeaders {
    const { claims, issuer } = identity;
    const groups = this.#told.claims.groups(identity);
    return headersOf(
      single(this.#told.claims.user(identity), "user", leftOut),
      this.#email(identity, leftOut),
      groups.length === 0 ? "" : joined(groups, leftOut),
      single(claims["preferred_username"], "preferred-username", leftOut),
      this.#told.issuer ? single(issuer, "issuer", leftOut) : undefined,
    );
  }

  #email(identity: Identity, leftOut: LeftOut): string {
    const address = this.#told.addresses.of(identity);
    if (address.kind === "none") return "";
    if (address.kind === "verified") return single(address.text, "email", leftOut);
    leftOut("email-unverified");
    return "";
  }
}

/** As the settings say. */
export function identityHeaderMaker(settings: Settings): IdentityHeaderMaker {
  const unverified = new UsersOf(settings.providers.filter(({ trustUnverifiedEmail }) => trustUnverifiedEmail));
  const claims = new ClaimNames(settings);
  return new IdentityHeaderMaker({ issuer: hasSeveralIssuers(settings), claims, addresses: new Addresses(claims, unverified) });
}

function headersOf(user: string, email: string, groups: string, preferred: string, issuer: string | undefined): IdentityHeaders {
  const lines = [
    "x-auth-request-user",
    user,
    "x-auth-request-email",
    email,
    "x-auth-request-groups",
    groups,
    "x-auth-request-preferred-username",
    preferred,
  ];
  if (issuer !== undefined) lines.push("x-auth-request-issuer", issuer);
  return { lines, text: undefined };
}

/** The same with one line more. */
export function withLine({ lines }: IdentityHeaders, name: string, value: string): IdentityHeaders {
  return { lines: [...lines, name, value], text: undefined };
}

// Joined from a list, so that it lies in one piece: a text that was added up is taken together anew whenever it is
// written.
function textOf(lines: readonly string[]): string {
  return lines.map((part, index) => (index % 2 === 0 ? `${part}: ` : `${part}\r\n`)).join("");
}
