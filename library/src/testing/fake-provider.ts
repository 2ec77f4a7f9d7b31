/** A provider in memory, for tests of an app: no network, the same answers every time. */
import type {
  ApiTokenOutcome,
  BeginLogin,
  Clock,
  FinishLogin,
  Provider,
  ProviderFailure,
  ProviderLogin,
  ProviderTokens,
  RefreshOutcome,
  TokenTarget,
} from "../contracts.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { equalHash } from "../crypto/equal.ts";
import type { FakeReuse } from "./fake-grants.ts";
import { FakeGrants } from "./fake-grants.ts";
import type { FakeLogout } from "./fake-logouts.ts";
import { FakeLogouts } from "./fake-logouts.ts";
import type { FakeUser } from "./fake-user.ts";

/**
 * Options of {@link fakeProvider}.
 *
 * @example
 * ```ts
 * const clock = manualClock();
 * const users = [{ subject: "alice" }, { subject: "bob", claims: { email: "bob@example.com" } }];
 * const provider = fakeProvider({ users, clock, tokenLifetime: 60_000 });
 * const auth = coatcheck({ provider, clock, … });
 * ```
 */
export interface FakeProviderOptions {
  /** At least one; the first signs in unless another is named. */
  readonly users: readonly FakeUser[];
  /** Default `default`. */
  readonly name?: string;
  /** Default `https://provider.test`. */
  readonly issuer?: string;
  /** Default: the system's time. */
  readonly clock?: Pick<Clock, "now">;
  /** How long access tokens live, milliseconds. Default an hour. */
  readonly tokenLifetime?: number;
  /** Whether a refresh token is good once, and comes with its successor. Default `true`. */
  readonly rotate?: boolean;
}

/** A call of a fake provider. */
export type FakeProviderCall =
  | { readonly kind: "begin"; readonly login: BeginLogin }
  | { readonly kind: "finish"; readonly code: string | null }
  | { readonly kind: "refresh"; readonly refreshToken: string | null }
  | { readonly kind: "token"; readonly target: TokenTarget; readonly refreshToken: string | null }
  | { readonly kind: "revoke"; readonly tokens: ProviderTokens }
  | { readonly kind: "verify-logout"; readonly token: string };

/**
 * How a refresh fails: `down`: nothing happens, outcome `unavailable`; `refuse`: the grant is gone; `lose`: it takes
 * effect, and the answer is lost on its way, outcome `unknown`.
 */
export type FakeFailure = "down" | "refuse" | "lose";

/** A {@link Provider} in memory: no network, the same answers every time. */
export interface FakeProvider extends Provider {
  readonly calls: readonly FakeProviderCall[];
  /** `true`: every call fails as during an outage. */
  down: boolean;
  /**
   * How refreshes fail from now on; `null`, as at first, not at all.
   *
   * @example
   * ```ts
   * const provider = fakeProvider({ users: [{ subject: "alice" }] });
   * provider.fail = "lose"; // from now on refreshes take effect, and their answers are lost
   * ```
   */
  fail: FakeFailure | null;
  /**
   * What answers to refreshes wait for, from now on. A refresh takes effect when it comes in. `null`, as at first: they
   * do not wait.
   */
  hold: PromiseLike<unknown> | null;
  /** Replays: refresh tokens that were sent again after their exchange. Each revoked all tokens of its login. */
  readonly reuses: readonly FakeReuse[];
  /** Refresh tokens that were revoked. */
  readonly revoked: readonly string[];
  /**
   * What the user's browser does at the provider: signs in and comes back.
   *
   * @param url where `GET login` redirected to
   * @param subject who signs in; default the first user
   * @returns the callback's address, with code and state
   * @throws {TypeError} for a user that it does not have
   *
   * @example
   * ```ts
   * const provider = fakeProvider({ users: [{ subject: "alice" }, { subject: "bob" }] });
   * const callback = await fetch(provider.approve(locationOfLogin, "bob"), { redirect: "manual" });
   * ```
   */
  approve(url: string, subject?: string): string;
  /**
   * As `approve`, but the user refuses; `error` is the provider's error code. Default `access_denied`.
   *
   * @example
   * ```ts
   * const provider = fakeProvider({ users: [{ subject: "alice" }] });
   * const callback = provider.deny(locationOfLogin, "login_required");
   * ```
   */
  deny(url: string, error?: string): string;
  /**
   * A logout token for the back channel, as this provider sends it when a user signs out there. Good for two minutes.
   *
   * @throws {TypeError} if neither `subject` nor `sid` is given
   *
   * @example
   * ```ts
   * const provider = fakeProvider({ users: [{ subject: "alice" }] });
   * const body = new URLSearchParams({ logout_token: provider.logoutToken({ subject: "alice" }) });
   * await fetch("http://localhost:3000/auth/backchannel-logout", { method: "POST", body });
   * ```
   */
  logoutToken(logout: FakeLogout): string;
  verifyLogout: NonNullable<Provider["verifyLogout"]>;
}

interface Grant {
  readonly user: FakeUser;
  readonly nonce: string;
  readonly redirectUri: string;
}

/**
 * A provider for tests of one's own app. Codes and tokens are `code-1`, `access-1`, `refresh-1`, …; a code is good
 * once, a refresh token rotates strictly, a revoked one is refused, and one that is shown again ends all tokens of its
 * login.
 *
 * @example
 * ```ts
 * const provider = fakeProvider({ users: [{ subject: "alice", claims: { name: "Alice" } }] })
 * const callback = provider.approve(locationOfLogin)
 * ```
 */
export function fakeProvider(options: FakeProviderOptions): FakeProvider {
  const issuer = options.issuer ?? "https://provider.test";
  const name = options.name ?? "default";
  const now = () => options.clock?.now() ?? Date.now();
  const calls: FakeProviderCall[] = [];
  const codes = new Map<string, Grant>();
  let count = 0;
  const next = (): number => {
    count += 1;
    return count;
  };
  const lifetime = options.tokenLifetime ?? 3_600_000;
  const grants = new FakeGrants({ now, lifetime, next, rotate: options.rotate ?? true });
  const logouts = new FakeLogouts(issuer, now);

  const failure = (kind: ProviderFailure["kind"], what: string): ProviderFailure => ({
    kind,
    code: kind === "refused" ? "ERR_PROVIDER_REFUSED" : kind === "invalid" ? "ERR_PROVIDER_RESPONSE" : "ERR_PROVIDER_UNAVAILABLE",
    cause: new Error(what),
  });
  const outage = () => failure("unavailable", "the fake provider is down");

  function loginOf(user: FakeUser): ProviderLogin {
    const authenticatedAt = now();
    return {
      identity: {
        issuer,
        subject: user.subject,
        claims: { sub: user.subject, ...user.claims },
        authenticatedAt,
        method: `oidc:${name}`,
      },
      tokens: grants.begin(user),
      sid: user.sid === undefined ? `sid-${user.subject}` : user.sid,
      issuedAt: authenticatedAt,
    };
  }

  async function finish({ state, nonce, redirectUri, response }: FinishLogin): ReturnType<Provider["redeem"]> {
    const code = response.get("code");
    calls.push({ kind: "finish", code });
    if (provider.down) return outage();
    if (response.get("iss") !== issuer || !equalHash(response.get("state") ?? "", state))
      return failure("invalid", "iss or state");
    if (response.has("error")) return failure("refused", "the user refused");
    const grant = codes.get(code ?? "");
    codes.delete(code ?? "");
    if (grant === undefined || grant.redirectUri !== redirectUri) return failure("refused", "invalid_grant");
    if (!equalHash(grant.nonce, nonce)) return failure("invalid", "nonce");
    return { kind: "login", ...loginOf(grant.user) };
  }

  async function refresh({ refreshToken }: ProviderTokens): Promise<RefreshOutcome> {
    calls.push({ kind: "refresh", refreshToken });
    const outcome = exchanged(refreshToken, provider.down ? "down" : provider.fail);
    await provider.hold;
    return outcome;
  }

  async function tokenFor({ refreshToken }: ProviderTokens, target: TokenTarget): Promise<ApiTokenOutcome> {
    calls.push({ kind: "token", target, refreshToken });
    const outcome = exchanged(refreshToken, provider.down ? "down" : provider.fail);
    await provider.hold;
    if (outcome.kind === "refused") return { kind: "denied", cause: outcome.cause };
    return outcome.kind === "refreshed" ? { kind: "granted", ...outcome.tokens } : outcome;
  }

  function exchanged(refreshToken: string | null, fail: FakeFailure | null): RefreshOutcome {
    if (fail === "down") return { kind: "unavailable", retryAfter: null, cause: outage().cause };
    const given = fail === "refuse" || refreshToken === null ? null : grants.exchange(refreshToken);
    if (fail === "lose") return { kind: "unknown", cause: new Error("the answer was lost") };
    if (given === null) return { kind: "refused", cause: new Error("invalid_grant") };
    const { user, tokens } = given;
    return { kind: "refreshed", tokens, claims: { sub: user.subject, ...user.claims } };
  }

  function answer(url: string, change: (response: URLSearchParams, asked: URLSearchParams) => void): string {
    const asked = new URL(url).searchParams;
    const back = new URL(asked.get("redirect_uri") ?? "");
    change(back.searchParams, asked);
    back.searchParams.set("state", asked.get("state") ?? "");
    back.searchParams.set("iss", issuer);
    return back.href;
  }

  const provider: FakeProvider = {
    name,
    issuer,
    calls,
    down: false,
    fail: null,
    hold: null,
    reuses: grants.reuses,
    revoked: grants.revoked,
    ready: () => !provider.down,
    authorizationUrl(login) {
      calls.push({ kind: "begin", login });
      if (provider.down) return outage();
      const { state, nonce, redirectUri } = login;
      const query = new URLSearchParams({ state, nonce, redirect_uri: redirectUri });
      return { kind: "redirect", url: `${issuer}/authorize?${query.toString()}` };
    },
    redeem: finish,
    refresh,
    tokenFor,
    async revoke(tokens) {
      calls.push({ kind: "revoke", tokens });
      if (tokens.refreshToken !== null && !provider.down) grants.revoke(tokens.refreshToken);
      return !provider.down;
    },
    logoutUrl({ idToken, returnTo, logoutHint }) {
      if (provider.down) return undefined;
      const hint = idToken === null ? omitUndefined({ logout_hint: logoutHint }) : { id_token_hint: idToken };
      const query = new URLSearchParams({ ...hint, post_logout_redirect_uri: returnTo });
      return `${issuer}/logout?${query.toString()}`;
    },
    close: () => undefined,
    approve(url, subject) {
      const user = options.users.find((one) => subject === undefined || one.subject === subject);
      if (user === undefined) throw new TypeError(`the fake provider has no user ${JSON.stringify(subject)}`);
      return answer(url, (response, asked) => {
        const code = `code-${next()}`;
        codes.set(code, { user, nonce: asked.get("nonce") ?? "", redirectUri: asked.get("redirect_uri") ?? "" });
        response.set("code", code);
      });
    },
    async verifyLogout(token) {
      calls.push({ kind: "verify-logout", token });
      return provider.down ? outage() : logouts.verify(token);
    },
    logoutToken: (logout) => logouts.issue(logout),
    deny: (url, error = "access_denied") => answer(url, (response) => response.set("error", error)),
  };
  return provider;
}
