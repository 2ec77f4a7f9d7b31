import type { LoginIdentity, RequestView, Session } from "../contracts.ts";
import type { HasEngine } from "../engine/auth.ts";

/** Who to sign in; the issuer is `test` unless one is given. */
export interface TestUser extends Omit<LoginIdentity, "issuer"> {
  readonly issuer?: string;
}

/**
 * Signs somebody in without a provider and answers the `Cookie` header of their browser. The session is a real one, in the store
 * that `auth` was given.
 *
 * @param prepare records more than the login, for example data
 * @example
 * ```ts
 * const cookie = await signIn(auth, { subject: "alice", claims: { name: "Alice" } });
 * const response = await fetch("http://localhost:3000/me", { headers: { cookie } });
 * ```
 */
export async function signIn<Data>(
  auth: HasEngine<Data>,
  user: TestUser,
  prepare?: (session: Session<Data>) => void,
): Promise<string> {
  const exchange = await auth.engine.open(FIRST_VISIT);
  exchange.session.login({ issuer: "test", ...user });
  prepare?.(exchange.session);
  const { cookies, refusal } = await exchange.settle(200);
  if (refusal !== null) throw refusal;
  const [cookie] = cookies;
  if (cookie === undefined) throw new TypeError("signing in gave no cookie: prepare() must not log out");
  return cookie.slice(0, cookie.indexOf(";"));
}

const FIRST_VISIT: RequestView = { method: "POST", target: "/", header: () => undefined };
