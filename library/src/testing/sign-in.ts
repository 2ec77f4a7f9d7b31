/** Signs a user in without a provider. */
import type { LoginIdentity, ProviderTokens, RequestView, Session } from "../contracts.ts";
import { normalizeIdentity } from "../core/record.ts";
import { engineIn, optionsOf } from "../engine/engine.ts";
import type { HasEngine } from "../http/auth.ts";

/**
 * The user to sign in.
 *
 * @example
 * ```ts
 * // An access token that has expired.
 * const tokens = { accessToken: "at-1", refreshToken: "rt-1", accessTokenExpiresIn: 0 };
 * const cookie = await signIn(auth, { subject: "alice", ...tokens });
 * ```
 */
export interface TestUser extends Omit<LoginIdentity, "issuer"> {
  /** Default `test`. */
  readonly issuer?: string;
  /** What `session.accessToken()` returns. Default none, as for a user whom the app itself signed in. */
  readonly accessToken?: string;
  /** How long the access token lives, milliseconds. Default an hour. */
  readonly accessTokenExpiresIn?: number;
  /** Exchanged for a new access token by the provider when the old one has run out. Default none. */
  readonly refreshToken?: string;
  /** The name of the provider that the tokens are from. Default `default`. */
  readonly provider?: string;
}

/**
 * Signs a user in without a provider and returns the `Cookie` header of their browser. The session is a real one, in
 * the store of `auth`.
 *
 * @param prepare records more than the login, for example data
 * @example
 * ```ts
 * const cookie = await signIn(auth, { subject: "alice", claims: { name: "Alice" } });
 * const response = await fetch("http://localhost:3000/me", { headers: { cookie } });
 * // session.accessToken() will return this one:
 * const withToken = await signIn(auth, { subject: "alice", accessToken: "at-1" });
 * ```
 */
export async function signIn<Data>(
  auth: HasEngine<Data>,
  user: TestUser,
  prepare?: (session: Session<Data>) => void,
): Promise<string> {
  const exchange = await engineIn(auth.engine).open(FIRST_VISIT);
  const { accessToken, accessTokenExpiresIn, refreshToken, provider, ...identity } = { issuer: "test", ...user };
  if (accessToken === undefined) exchange.session.login(identity);
  else {
    const now = optionsOf(auth.engine).clock.now();
    const expires = now + (accessTokenExpiresIn ?? HOUR);
    const tokens: ProviderTokens = { accessToken, refreshToken: refreshToken ?? null, idToken: null, scope: null, expires };
    const login = { identity: normalizeIdentity(identity, now), tokens, sid: null, issuedAt: now };
    exchange.loginFromProvider(login, provider ?? "default");
  }
  prepare?.(exchange.session);
  const { cookies, refusal } = await exchange.settle(200);
  if (refusal !== null) throw refusal;
  if (cookies.length === 0) throw new TypeError("signing in gave no cookie: prepare() must not log out");
  // A sealed session may take two.
  return cookies.map((cookie) => cookie.slice(0, cookie.indexOf(";"))).join("; ");
}

const HOUR = 3_600_000;
const FIRST_VISIT: RequestView = { method: "POST", target: "/", header: () => undefined };
