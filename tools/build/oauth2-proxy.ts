/** Builds the pinned oauth2-proxy from its Go module, once for a checkout. */
import { buildGo, builtAt } from "./go.ts";

/** Where the executable is, once it is built. */
export const OAUTH2_PROXY = builtAt("oauth2-proxy");
/** What builds it. */
export const BUILD_COMMAND = "node tools/build/oauth2-proxy.ts";

/**
 * Builds it where it is not there yet; answers whether it is there now. Takes about a minute and a half on two cores.
 */
export function buildOauth2Proxy(): boolean {
  return buildGo("oauth2-proxy", "tools/oauth2-proxy", "github.com/oauth2-proxy/oauth2-proxy/v7");
}

if (import.meta.main) process.exitCode = buildOauth2Proxy() ? 0 : 1;
