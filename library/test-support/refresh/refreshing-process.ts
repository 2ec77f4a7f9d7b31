/** A process of its own that refreshes: told with whom and what over IPC, it sends back what came of it. */
import { readSync } from "node:fs";
import type { Identity, ProviderTokens } from "../../src/contracts.ts";
import { systemEntropy } from "../../src/crypto/entropy.ts";
import { systemClock } from "../../src/engine/system.ts";
import type { ProviderConfig } from "../../src/oidc/provider/config.ts";
import { oidcProvider } from "../../src/oidc/provider/provider.ts";

/** What the process is told. */
export interface RefreshOrder {
  readonly config: ProviderConfig;
  readonly tokens: ProviderTokens;
  readonly identity: Identity;
  /** Before it refreshes the process says `still` and stands still until a byte comes in at its standard input. */
  readonly standstill?: boolean;
}

/** What came of an order. */
export interface RefreshReport {
  readonly kind: string;
  readonly accessToken: string | null;
}

function isOrder(message: unknown): message is RefreshOrder {
  return typeof message === "object" && message !== null && "config" in message && "tokens" in message && "identity" in message;
}

const known = new Map<string, ReturnType<typeof oidcProvider>>();

/** One for all orders with the same settings, with what it keeps. */
function providerOf(config: ProviderConfig): ReturnType<typeof oidcProvider> {
  const name = JSON.stringify(config);
  const provider =
    known.get(name) ?? oidcProvider(config, { clock: systemClock, entropy: systemEntropy, report: () => undefined });
  known.set(name, provider);
  return provider;
}

process.on("message", (message) => {
  if (!isOrder(message)) throw new TypeError("an order to refresh was expected");
  if (message.standstill === true) {
    process.send?.("still");
    readSync(0, Buffer.alloc(1));
  }
  void refresh(message);
});

process.once("disconnect", () => {
  for (const provider of known.values()) void provider.close();
});

async function refresh({ config, tokens, identity }: RefreshOrder): Promise<void> {
  const outcome = await providerOf(config).refresh(tokens, identity);
  const accessToken = outcome.kind === "refreshed" ? outcome.tokens.accessToken : null;
  process.send?.({ kind: outcome.kind, accessToken } satisfies RefreshReport);
}
