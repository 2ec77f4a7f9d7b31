/** A process of its own that refreshes: told with whom and what over IPC, it sends back what came of it. */
import type { Identity, ProviderTokens } from "../src/contracts.ts";
import { systemEntropy } from "../src/crypto/entropy.ts";
import { systemClock } from "../src/engine/system.ts";
import { oidcProvider } from "../src/oidc/provider.ts";
import type { ProviderConfig } from "../src/oidc/provider-config.ts";

/** What the process is told. */
export interface RefreshOrder {
  readonly config: ProviderConfig;
  readonly tokens: ProviderTokens;
  readonly identity: Identity;
}

function isOrder(message: unknown): message is RefreshOrder {
  return typeof message === "object" && message !== null && "config" in message && "tokens" in message && "identity" in message;
}

process.once("message", (message) => {
  if (!isOrder(message)) throw new TypeError("an order to refresh was expected");
  void refresh(message);
});

async function refresh({ config, tokens, identity }: RefreshOrder): Promise<void> {
  const provider = oidcProvider(config, { clock: systemClock, entropy: systemEntropy, report: () => undefined });
  const outcome = await provider.refresh(tokens, identity);
  process.send?.({ kind: outcome.kind, accessToken: outcome.kind === "renewed" ? outcome.tokens.accessToken : null });
  await provider.close();
  process.disconnect();
}
