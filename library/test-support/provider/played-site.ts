/** A site whose users sign in at a provider without OpenID Connect that is played. */
import assert from "node:assert/strict";
import type { SignIn } from "../../src/contracts.ts";
import type { CoatcheckOptions } from "../../src/index.ts";
import { oauth2 } from "../../src/index.ts";
import type { OAuth2Config } from "../../src/oidc/oauth2/config.ts";
import type { ManualClock } from "../../src/testing/manual-clock.ts";
import { type PlayedProvider, type PlayedProviderOptions, playedProvider } from "../../src/testing/played-provider.ts";
import { type Site, siteWith, type Visitor } from "../site.ts";

type Closing = (close: () => unknown) => void;
type Config = Omit<OAuth2Config, "type">;
type More = Pick<CoatcheckOptions<unknown>, "session"> & { readonly clock?: ManualClock };

/** A site with one played provider; `seen` is who signed in. */
export async function playedSite(
  closing: Closing,
  options: PlayedProviderOptions,
  config: Partial<Config> = {},
  more: More = {},
) {
  const played = await playedProvider(options);
  closing(() => played.close());
  return { played, ...ownSite(closing, { ...played.config, ...config }, more) };
}

/** A site with a provider that is configured so. */
export function ownSite(closing: Closing, config: Config, more: More = {}) {
  const seen: SignIn[] = [];
  const onSignIn = (signIn: SignIn) => {
    seen.push(signIn);
    return {};
  };
  const site = siteWith({ provider: oauth2(config), onSignIn, ...more });
  closing(() => site.close());
  return { seen, site };
}

/** One login, up to the callback's answer; `change` bends the provider's answer on its way. */
export async function signInAt(
  played: PlayedProvider,
  visitor: Visitor,
  change: (url: URL) => void = () => undefined,
): Promise<Response> {
  const begun = await visitor.get("/auth/login?return_to=/here");
  assert.equal(begun.status, 302);
  const url = new URL(played.approve(begun.headers.get("location") ?? ""));
  change(url);
  return visitor.get(url.pathname + url.search);
}

/** The last login that failed: reason and code. */
export function failureOf({ events }: Site): string {
  const { reason, code, error } = events.findLast(({ name }) => name === "login.failed") ?? {};
  return `${error instanceof Error ? error.message : ""} ${reason} ${code}`;
}

/** Which lists were left out at logins, as the operator is told. */
export function assertLeftOut({ events }: Site, reasons: readonly string[]): void {
  const told = events.filter(({ name }) => name === "provider.failed").map(({ reason }) => reason);
  assert.deepEqual(told.toSorted(), reasons);
}
