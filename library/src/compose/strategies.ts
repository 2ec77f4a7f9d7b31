/** Who the caller is, put together: bearer tokens, and a proxy that signs people on. */
import type { Clock, ProxyReader, Report, TokenVerifier } from "../contracts.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { Resolver } from "../engine/request/authenticate/resolver.ts";
import { bearerVerifiers } from "../oidc/bearer/verifiers.ts";
import { assertionVerifier } from "../oidc/proxy-assertion/verify.ts";
import type { CoatcheckOptions, ProxyOptions, ProxyReaderOptions } from "../options.ts";
import { bearer } from "../strategies/bearer.ts";
import { proxyReader } from "../strategies/proxy.ts";
import { openIdClients } from "./providers.ts";

/** A proxy that signs people on: what reads its word, and what looks its users up. */
export function proxyOf(
  given: ProxyOptions | ProxyReaderOptions | undefined,
  world: { readonly clock: Clock; readonly report: Report },
) {
  if (given === undefined) return null;
  return { reader: "reader" in given ? given.reader : readerOf(given, world), resolver: new Resolver(given, world) };
}

function readerOf({ assertion, ...options }: ProxyOptions, { clock }: { readonly clock: Clock }): ProxyReader {
  return proxyReader(options, omitUndefined({ assertion: assertion && assertionVerifier(assertion, { clock }) }));
}

/** What verifies bearer tokens, and the strategy that asks it; none if no token is taken. */
export function bearerOf(options: CoatcheckOptions<unknown>, clock: Clock, own: readonly TokenVerifier[]) {
  const { bearer: given } = options;
  if (given === undefined && own.length === 0) return { verifiers: [], strategies: [] };
  const clients = openIdClients(options);
  // Ours read what names us as its issuer, and nothing else.
  const verifiers = [...own, ...(given === undefined ? [] : bearerVerifiers(given, { clock, clients }))];
  return { verifiers, strategies: [bearer({ ...given, verifiers })] };
}
