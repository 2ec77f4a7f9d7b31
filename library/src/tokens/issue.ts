/** Issues access tokens, with refresh tokens or without: for the app, a signed-in user, or an agent of theirs. */
import type { Identity, IssuedToken, LoginIdentity, TokenKind, TokenRequest } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { isStorable, normalizeIdentity, ownerOf } from "../core/record.ts";
import type { SigningKeys } from "../crypto/signing/signing-keys.ts";
import { mintTicket } from "../crypto/ticket.ts";
import { issuedToken } from "./access-token.ts";
import { type Actor, type Family, familyRow } from "./family-row.ts";
import { allowedScope } from "./issue/allow.ts";
import { type Origin, originOf } from "./issue/origin.ts";
import { type StoringOptions, storeNew } from "./issue/store-new.ts";
import { type Granted, type SettledTokens, termsOf } from "./options.ts";

export interface IssueOptions extends StoringOptions {
  readonly tokens: SettledTokens;
  readonly keys: Pick<SigningKeys, "sign">;
  /** The public URL: `iss`, and the issuer of subjects that are the app's own. */
  readonly issuer: string;
}

/** What a signed-in user asks for. */
type UserRequest = Pick<TokenRequest, "audience" | "scope" | "refreshable" | "client">;

export interface TokenIssuer {
  /** As `auth.tokens.issue`. */
  issue(request: TokenRequest): Promise<IssuedToken>;
  /** For this session's user. `ERR_BAD_REQUEST` for what is wider than configured, `ERR_FORBIDDEN` than allowed. */
  issueTo(session: string, request: UserRequest): Promise<IssuedToken>;
}

type Whose = Pick<Family, "identity" | "owner" | "parent" | "actor">;

/** Makes it. */
export function tokenIssuer(options: IssueOptions): TokenIssuer {
  const { tokens, issuer, clock, entropy } = options;

  async function issued(granted: Granted, whose: Whose, origin?: Origin): Promise<IssuedToken> {
    const now = clock.now();
    const { lifetime, family: whole, idle, ...terms } = granted;
    const first = { lifetime, generation: 0, rotated: now, ...omitUndefined({ idle: idle ?? undefined }) };
    const chain = whole === null ? null : first;
    const family = { ...whose, terms, chain, name: null };
    const latest = whose.parent === null ? undefined : origin?.expires;
    const expires = Math.min(now + (whole ?? lifetime), latest ?? Number.POSITIVE_INFINITY);
    const { id, secretHash, ticket } = mintTicket(entropy, expires);
    const row = familyRow({ id, secretHash, created: now, expires }, family, origin?.sid);
    await storeNew(options, row, family, origin);
    const token = issuedToken(row, family, options);
    return chain === null ? token : { ...token, refreshToken: ticket, endsAt: expires };
  }

  async function allowed(kind: TokenKind, { identity, owner }: Origin, { audience, scope, client }: Granted): Promise<void> {
    const asked = { kind, owner, identity, audience, scope, client, refresh: false };
    if ((await allowedScope(options, asked)) !== scope) throw forbidden("The app does not allow this user such a token.");
  }

  async function issueToAgent(request: TokenRequest, session: string | null): Promise<IssuedToken> {
    if (request.owner !== undefined) throw new TypeError("the owner of an agent's token is that of its parent");
    // Whether a credential is sent instead of a cookie is the client's choice, so this is an answer, not a crash.
    if (session === null) throw new CoatcheckError("ERR_BAD_REQUEST", { message: "An agent's token hangs on a session." });
    const granted = termsOf(request, tokens, issuer);
    if ("wrong" in granted) throw granted.wider ? forbidden(granted.wrong) : new TypeError(granted.wrong);
    const actor = actorOf(request.subject, clock.now());
    const origin = await originOf(options, session);
    await allowed("agent", origin, granted);
    // Claims are those of the session whenever the token is shown; none are kept here.
    const identity = { ...origin.identity, claims: {} };
    return issued(granted, { identity, owner: origin.owner, parent: origin.id, actor }, origin);
  }

  return {
    async issue(request) {
      if (request.parent !== undefined) return issueToAgent(request, request.parent.id);
      const granted = termsOf(request, tokens, issuer);
      if ("wrong" in granted) throw new TypeError(granted.wrong);
      const { subject } = request;
      const given = typeof subject === "string" ? { issuer, subject, method: "token" } : subject;
      return issued(granted, { ...personOf(given, request.owner, clock.now()), parent: null, actor: null });
    },
    async issueTo(session, request) {
      const granted = termsOf(request, tokens, issuer);
      if ("wrong" in granted) throw new CoatcheckError("ERR_BAD_REQUEST", { message: granted.wrong });
      const origin = await originOf(options, session);
      await allowed(granted.family === null ? "access" : "family", origin, granted);
      const { identity, owner } = origin;
      return issued(granted, { identity, owner, parent: null, actor: null }, origin);
    },
  };
}

/** Whom a token names, and whom it belongs to. Throws a `TypeError` for what cannot be stored. */
export function personOf(given: LoginIdentity, named: string | undefined, now: number): { identity: Identity; owner: string } {
  const identity = normalizeIdentity(given, now);
  const owner = named ?? ownerOf(identity);
  if (owner === "" || !isStorable(owner)) throw new TypeError("owner is no text that can be stored");
  return { identity, owner };
}

/** A name of the app's own has no issuer but the token's. */
function actorOf(agent: TokenRequest["subject"], now: number): Actor {
  if (typeof agent !== "string") {
    const { issuer: iss, subject: sub } = normalizeIdentity(agent, now);
    return { sub, iss };
  }
  return { sub: normalizeIdentity({ issuer: "app", subject: agent }, now).subject };
}

/** More than is configured, or than the app allows. */
export const forbidden = (message: string): CoatcheckError => new CoatcheckError("ERR_FORBIDDEN", { message });
