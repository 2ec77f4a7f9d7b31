/** Settings that would promise what sessions in sealed cookies cannot keep: the start is refused, with all of them. */
import type { StatelessStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { isDevProvider } from "../dev/standing.ts";
import { isProvider } from "../engine/option-checks.ts";
import { isOAuth2 } from "../oidc/oauth2/oauth2.ts";
import type { CoatcheckOptions } from "../options.ts";

type Given = CoatcheckOptions<unknown>;

/** One setting that cannot be kept. */
interface Rule {
  readonly setting: string;
  readonly given: (options: Given) => boolean;
  /** What it would promise, and what to do. */
  readonly why: string;
  /** Markers keep it: it is refused only without them. */
  readonly marksHelp?: true;
}

const REMOVE = "Leave it out, or take a store that keeps sessions.";
const MARKS = "Leave it out, or give sealedCookie({ marks }) a store for markers.";

/** What is refused, setting by setting; docs/stores.md has the same table. */
export const RULES: readonly Rule[] = [
  {
    setting: "session.maxPerUser",
    given: ({ session }) => session?.maxPerUser !== undefined && session.maxPerUser !== null,
    why: `Nobody knows how many sessions a user has. ${REMOVE}`,
  },
  {
    setting: "tokens",
    given: ({ tokens }) => tokens !== undefined,
    why: `A token of ours has to be looked up to be refreshed or revoked. ${REMOVE}`,
  },
  {
    setting: "keep.userAgent",
    given: ({ keep }) => keep?.userAgent === true,
    why: `It is for lists of sessions, and there are none. ${REMOVE}`,
  },
  {
    setting: "keep.address",
    given: ({ keep }) => keep?.address !== undefined && keep.address !== false,
    why: `It is for lists of sessions, and there are none. ${REMOVE}`,
  },
  {
    setting: "refresh.policy",
    given: ({ refresh, provider, providers = [] }) =>
      (provider !== undefined || providers.length > 0) && refresh?.policy !== "never",
    why:
      "No cookie holds the provider's tokens, so no session is kept in step with its provider, which is the default, and " +
      'accessToken() has none to give. Say refresh: { policy: "never" }, or take a store that keeps sessions.',
  },
  {
    setting: "refresh.background",
    given: ({ refresh }) => refresh?.background === true,
    why: `There are no tokens to refresh. ${REMOVE}`,
  },
  {
    setting: "frontchannelLogout",
    given: ({ frontchannelLogout }) => frontchannelLogout !== undefined && frontchannelLogout !== false,
    why: `The provider's logout could end nothing. ${MARKS}`,
    marksHelp: true,
  },
  {
    setting: "provider.backchannelLogoutSessionRequired",
    given: ({ provider, providers = [] }) =>
      [provider, ...providers].some(
        (one) =>
          one !== undefined &&
          !(isDevProvider(one) || isProvider(one) || isOAuth2(one)) &&
          one.backchannelLogoutSessionRequired === true,
      ),
    why: `The provider's logout could end nothing. ${MARKS}`,
    marksHelp: true,
  },
];

/**
 * Throws for settings that would lie.
 *
 * @throws {CoatcheckError} `ERR_CONFIG`, which names each of them and says what to do
 */
export function checkSealed(options: Given, { marks, name }: Pick<StatelessStore, "marks" | "name">): void {
  const refused = RULES.filter((rule) => !(rule.marksHelp === true && marks !== null) && rule.given(options));
  if (refused.length === 0) return;
  const lines = refused.map(
    ({ setting, why }) => `${setting} cannot be kept while sessions are in their cookies (${name}:)\n  ${why}`,
  );
  throw new CoatcheckError("ERR_CONFIG", { message: lines.join("\n") });
}

/** What is said at the start, for operators; `null`: everything holds as with other stores. */
export function warningOf({ marks }: Pick<StatelessStore, "marks">): string | null {
  if (marks === null) {
    return (
      "Sessions are kept in their cookies alone: a logout clears the browser's cookie and ends nothing else, a copied cookie " +
      "is good until session.lifetime or session.idle is over, and a login's answer is used once in each process."
    );
  }
  return marks.capabilities.durable
    ? null
    : "The store for markers forgets them at a restart: sessions that were logged out before live again in copied cookies.";
}
