/** What Dex keeps of logins and refresh tokens, and how it refuses: read from running it, and from its own tests. */
import { createHash, randomBytes } from "node:crypto";

/** A login on its way back to the app. */
export interface Login {
  readonly user: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly nonce: string;
  readonly scopes: readonly string[];
  readonly challenge: string;
}

interface RefreshToken {
  readonly user: string;
  readonly clientId: string;
  readonly nonce: string;
  readonly scopes: readonly string[];
  secret: string;
  /** The one before, which is good for a while longer. */
  obsolete: string;
  usedAt: number;
}

/** An error of the token endpoint: RFC 6749, section 5.2. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(code: string, description: string, status = 400) {
    super(description);
    this.code = code;
    this.status = status;
  }
}

/** What tokens are to be made of. */
export interface Granted extends Pick<Login, "user" | "clientId" | "nonce" | "scopes"> {
  readonly refreshToken: string | null;
}

/** A refresh token may be shown again for so long after it was rotated, as by Dex's default. */
const REUSE = 3_000;
const CLAIMED = "Refresh token is invalid or has already been claimed by another client.";

/** It outlives the server over it, as a database does. */
export class Grants {
  readonly #codes = new Map<string, Login>();
  readonly #tokens = new Map<string, RefreshToken>();
  /** The one refresh token that a user has for a client. */
  readonly #current = new Map<string, string>();
  readonly #gone = new Set<string>();

  code(login: Login): string {
    const code = randomBytes(16).toString("hex");
    this.#codes.set(code, login);
    return code;
  }

  /** The user's directory knows them no more. */
  lose(user: string): void {
    this.#gone.add(user);
  }

  knows(user: string): boolean {
    return !this.#gone.has(user);
  }

  redeem(clientId: string, form: URLSearchParams): Granted {
    const login = this.#codes.get(form.get("code") ?? "");
    this.#codes.delete(form.get("code") ?? "");
    if (login === undefined || login.clientId !== clientId)
      throw new Refusal("invalid_grant", "Invalid or expired code parameter.");
    if (login.redirectUri !== form.get("redirect_uri"))
      throw new Refusal("invalid_request", "redirect_uri did not match URI from initial request.");
    if (hashOf(form.get("code_verifier") ?? "") !== login.challenge) throw new Refusal("invalid_grant", "Invalid code_verifier.");
    return { ...login, refreshToken: login.scopes.includes("offline_access") ? this.#issue(login) : null };
  }

  refresh(clientId: string, form: URLSearchParams): Granted {
    const shown = form.get("refresh_token") ?? "";
    const [id = "", secret = ""] = shown.split(".");
    const token = this.#tokens.get(id);
    if (token === undefined) throw new Refusal("invalid_request", CLAIMED);
    if (token.clientId !== clientId) throw new Refusal("invalid_grant", CLAIMED);
    const reusable = Date.now() - token.usedAt <= REUSE;
    if (token.secret !== secret && !(reusable && token.obsolete === secret)) throw new Refusal("invalid_request", CLAIMED);
    if (!reusable) {
      // What the directory says is an internal error.
      if (!this.knows(token.user)) throw new Refusal("invalid_request", "", 500);
      token.obsolete = token.secret;
      token.secret = randomBytes(12).toString("hex");
      token.usedAt = Date.now();
    }
    return { ...token, refreshToken: `${id}.${token.secret}` };
  }

  /** A login takes the place of whatever refresh token there was. */
  #issue({ user, clientId, nonce, scopes }: Login): string {
    const owner = `${user} ${clientId}`;
    this.#tokens.delete(this.#current.get(owner) ?? "");
    const [id, secret] = [randomBytes(12).toString("hex"), randomBytes(12).toString("hex")];
    this.#tokens.set(id, { user, clientId, nonce, scopes, secret, obsolete: "", usedAt: Date.now() });
    this.#current.set(owner, id);
    return `${id}.${secret}`;
  }
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url");
