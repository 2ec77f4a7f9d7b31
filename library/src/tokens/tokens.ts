/** Tokens of our own, put together: what verifies them, and what issues them. */
import type { TokenDirectory, TokenVerifier } from "../contracts.ts";
import type { SigningKeys } from "../crypto/signing/signing-keys.ts";
import { ownTokenVerifier } from "./access-token.ts";
import { type DirectoryOptions, tokenDirectory } from "./directory.ts";
import { settledTokens, type TokenOptions } from "./options.ts";

/** The parts that exist before sessions can be ended. */
interface TokenWorld extends Pick<DirectoryOptions, "issuer" | "store" | "clock" | "entropy" | "report"> {
  readonly keys: Pick<SigningKeys, "sign" | "isSigned">;
}

interface OwnTokens {
  /** None unless an audience is this app. */
  readonly verifiers: readonly TokenVerifier[];
  directory(endings: Pick<DirectoryOptions, "announce" | "unfinished">): TokenDirectory;
}

/** Makes them. Throws for options that cannot be right. */
export function tokensOf(given: TokenOptions | undefined, world: TokenWorld): OwnTokens {
  const tokens = given === undefined ? null : settledTokens(given);
  const audiences = tokens?.accept ?? [];
  return {
    verifiers: audiences.length === 0 ? [] : [ownTokenVerifier({ ...world, audiences })],
    directory: (endings) => tokenDirectory({ ...world, ...endings, tokens }),
  };
}
