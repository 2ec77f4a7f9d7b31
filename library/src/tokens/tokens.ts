/** Tokens of our own, put together: what verifies them, and what issues them. */
import type { Route, TokenDirectory, TokenVerifier } from "../contracts.ts";
import type { Keyring } from "../crypto/keyring.ts";
import type { SigningKeys } from "../crypto/signing/signing-keys.ts";
import { ownTokenVerifier } from "./access-token.ts";
import { type DirectoryOptions, tokenDirectory } from "./directory.ts";
import { settledTokens, type TokenOptions } from "./options.ts";
import { refreshTokens } from "./refresh.ts";
import { tokenRoutes } from "./routes.ts";
import { sessionTokens } from "./session-token.ts";

/** The parts that exist before sessions can be ended. */
interface TokenWorld extends Pick<DirectoryOptions, "issuer" | "store" | "clock" | "entropy" | "report"> {
  readonly keys: Pick<SigningKeys, "sign" | "signer" | "isSigned">;
  readonly keyring: Pick<Keyring, "deriveHashes">;
}

interface OwnTokens {
  /** None unless an audience is this app. */
  readonly verifiers: readonly TokenVerifier[];
  with(endings: Pick<DirectoryOptions, "announce" | "unfinished">): {
    readonly directory: TokenDirectory;
    /** None unless the app has tokens of its own. */
    readonly routes: readonly Route[];
  };
}

/** Makes them. Throws for options that cannot be right. */
export function tokensOf(given: TokenOptions | undefined, world: TokenWorld): OwnTokens {
  const tokens = given === undefined ? null : settledTokens(given);
  const audiences = tokens?.accept ?? [];
  return {
    verifiers: audiences.length === 0 ? [] : [ownTokenVerifier({ ...world, audiences })],
    with(endings) {
      const forSession = sessionTokens({ ...world, tokens });
      const directory = { ...tokenDirectory({ ...world, ...endings, tokens }), forSession };
      if (tokens === null) return { directory, routes: [] };
      const refresh = refreshTokens({ ...world, ...endings, tokens });
      return { directory, routes: tokenRoutes({ ...world, tokens, directory, refresh }) };
    },
  };
}
