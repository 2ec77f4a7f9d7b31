/** Tokens of our own, put together: what verifies them, and what issues them. */
import type { Route, TokenDirectory, TokenVerifier } from "../contracts.ts";
import type { Keyring } from "../crypto/keyring.ts";
import type { SigningKeys } from "../crypto/signing/signing-keys.ts";
import type { Pages } from "../pages/pages.ts";
import { ownTokenVerifier } from "./access-token.ts";
import { authorizing } from "./authorize/authorize.ts";
import { tokenDirectory } from "./directory.ts";
import { personalIssuer } from "./issue/personal.ts";
import type { StoringOptions } from "./issue/store-new.ts";
import { tokenIssuer } from "./issue.ts";
import { type SettledTokens, settledTokens, type TokenOptions } from "./options.ts";
import { refreshTokens } from "./refresh.ts";
import { introspectionRoutes } from "./routes/introspect.ts";
import { ownTokenRoutes } from "./routes/own.ts";
import { revokeRoute } from "./routes/revoke.ts";
import { tokenSessionRoute, tokenSignIn } from "./routes/to-session.ts";
import { tokenRoutes } from "./routes.ts";
import { sessionTokens } from "./session-token.ts";
import { storeClock } from "./time/store-clock.ts";
import { type LookUp, rememberingLookUp, tokenLookUp } from "./verify/look-up.ts";
import { personalVerifier } from "./verify/personal-token.ts";

type Endings = Pick<StoringOptions, "announce" | "unfinished">;

/** The parts that exist before sessions can be ended. */
interface TokenWorld extends Omit<StoringOptions, keyof Endings> {
  readonly keys: Pick<SigningKeys, "sign" | "signer" | "isSigned">;
  readonly keyring: Pick<Keyring, "deriveHashes" | "seal" | "open">;
  /** Of our own endpoints, with a leading and no trailing slash. */
  readonly prefix: string;
  /** The public URL. */
  readonly issuer: string;
  readonly pages: Pages;
}

interface OwnTokens {
  /** None unless an audience is this app. */
  readonly verifiers: readonly TokenVerifier[];
  with(endings: Endings): {
    readonly directory: TokenDirectory;
    /** None unless the app has tokens of its own. */
    readonly routes: readonly Route[];
  };
}

/** Makes them. Throws for options that cannot be right. */
export function tokensOf(given: TokenOptions | undefined, world: TokenWorld): OwnTokens {
  if (given === undefined) {
    const lookUp = tokenLookUp(world);
    const without = {
      issue: notConfigured,
      issuePersonal: notConfigured,
      forSession: sessionTokens({ ...world, tokens: null }),
      signIn: notConfigured,
    };
    return {
      verifiers: [],
      with: (endings) => ({ directory: { ...without, ...tokenDirectory({ ...world, ...endings, lookUp }) }, routes: [] }),
    };
  }
  const tokens = settledTokens(given);
  const clock = storeClock(world.clock, world.store, world.report);
  const timed = { ...world, clock };
  const lookUp = tokenLookUp(timed);
  const remembering = tokens.within === null ? lookUp : rememberingLookUp(lookUp, tokens.within, clock);
  const verifiers = tokens.accept.length === 0 ? [] : verifiersOf(tokens, tokens.accept, timed, remembering);
  return {
    verifiers: verifiers.map((one) => ({ ...one, verify: (token) => clock.whenSet(() => one.verify(token)) })),
    with(endings) {
      const options = { ...timed, ...endings, tokens, lookUp };
      const { issue, issueTo } = tokenIssuer(options);
      const issuePersonal = personalIssuer(options);
      const forSession = sessionTokens(options);
      const [verifier = null] = tokens.sessions.length === 0 ? [] : verifiersOf(tokens, tokens.sessions, timed, lookUp);
      const signIn = tokenSignIn({ ...options, verifier });
      // At once, so that also what is synchronous finds it set.
      void clock.whenSet(() => undefined);
      const directory: TokenDirectory = {
        ...tokenDirectory(options),
        issue: async (request) => clock.whenSet(() => issue(request)),
        issuePersonal: async (request) => clock.whenSet(() => issuePersonal(request)),
        signIn: async (session, token) => clock.whenSet(() => signIn(session, token)),
        forSession(session, request) {
          void clock.whenSet(() => undefined);
          return forSession(session, request);
        },
      };
      const { routes: asking, redeem } = authorizing({ ...options, issueTo });
      const refresh = refreshTokens(options);
      const forService = { ...options, verifiersOf: (audience: string) => verifiersOf(tokens, [audience], timed, lookUp) };
      const routes = [
        ...tokenRoutes({ ...options, issueTo, redeem, refresh }),
        revokeRoute({ ...forService, refresh, directory }),
        ...asking,
        tokenSessionRoute(signIn),
        ...ownTokenRoutes({ ...options, directory }),
        ...introspectionRoutes(forService),
      ];
      const timely = (route: Route): Route => ({
        ...route,
        endpoint: (request, exchange) => clock.whenSet(() => route.endpoint(request, exchange)),
      });
      return { directory, routes: routes.map(timely) };
    },
  };
}

/** What verifies tokens for these audiences. */
function verifiersOf(
  { personal, audiences: all }: SettledTokens,
  audiences: readonly string[],
  world: TokenWorld,
  lookUp: LookUp,
): readonly TokenVerifier[] {
  const own = ownTokenVerifier({ ...world, audiences, lookUp });
  if (personal === null || !audiences.includes(personal.audience)) return [own];
  const scope = all.get(personal.audience)?.scope ?? [];
  return [own, personalVerifier({ ...world, prefix: personal.prefix, scope, lookUp })];
}

async function notConfigured(): Promise<never> {
  throw new TypeError("tokens is not configured: coatcheck({ tokens: { audiences: { … } }, … })");
}
