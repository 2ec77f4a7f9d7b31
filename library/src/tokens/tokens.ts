/** Tokens of our own, put together: what verifies them, and what issues them. */
import type { Route, TokenDirectory, TokenVerifier } from "../contracts.ts";
import type { Keyring } from "../crypto/keyring.ts";
import type { SigningKeys } from "../crypto/signing/signing-keys.ts";
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
import { tokenRoutes } from "./routes.ts";
import { sessionTokens } from "./session-token.ts";
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
  const lookUp = tokenLookUp(world);
  if (given === undefined) {
    const without = {
      issue: notConfigured,
      issuePersonal: notConfigured,
      forSession: sessionTokens({ ...world, tokens: null }),
    };
    return {
      verifiers: [],
      with: (endings) => ({ directory: { ...without, ...tokenDirectory({ ...world, ...endings, lookUp }) }, routes: [] }),
    };
  }
  const tokens = settledTokens(given);
  const remembering = tokens.within === null ? lookUp : rememberingLookUp(lookUp, tokens.within, world.clock);
  return {
    verifiers: tokens.accept.length === 0 ? [] : verifiersOf(tokens, tokens.accept, world, remembering),
    with(endings) {
      const options = { ...world, ...endings, tokens, lookUp };
      const { issue, issueTo } = tokenIssuer(options);
      const issuePersonal = personalIssuer(options);
      const directory = { issue, issuePersonal, forSession: sessionTokens(options), ...tokenDirectory(options) };
      const { routes: asking, redeem } = authorizing({ ...options, issueTo });
      const routes = [
        ...tokenRoutes({ ...options, issueTo, redeem, refresh: refreshTokens(options) }),
        ...asking,
        ...ownTokenRoutes({ ...options, directory }),
        ...introspectionRoutes({ ...options, verifiersOf: (audience) => verifiersOf(tokens, [audience], world, lookUp) }),
      ];
      return { directory, routes };
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
