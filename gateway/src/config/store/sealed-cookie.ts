/** Settings that sessions in sealed cookies cannot keep, one by one: the start is refused. */
import type { Settings } from "../definition.ts";
import type { Problem } from "../sources/place.ts";

/** One setting that would promise more than there is. */
interface Refusal {
  readonly setting: string;
  readonly given: (settings: Settings) => boolean;
  readonly line: string;
  /** Markers keep it: it is refused only for `cookie:` alone. */
  readonly marksHelp?: true;
}

const STORE = "or take a store that keeps sessions (COATCHECK_STORE=sqlite:PATH, postgres://…, redis://…).";
const MARKS = "or let a store keep markers: COATCHECK_STORE=cookie+sqlite:PATH, cookie+redis://…, cookie+postgres://….";

const REFUSALS: readonly Refusal[] = [
  {
    setting: "session.maxPerUser",
    given: ({ session }) => session.maxPerUser !== undefined,
    line: `Nobody knows how many sessions a user has. Leave it out (COATCHECK_MAX_PER_USER), ${STORE}`,
  },
  {
    setting: "session.keepUserAgent",
    given: ({ session }) => session.keepUserAgent,
    line: `It is for lists of sessions, and there are none. Leave it out (COATCHECK_KEEP_USER_AGENT), ${STORE}`,
  },
  {
    setting: "session.keepAddress",
    given: ({ session }) => session.keepAddress !== "none",
    line: `It is for lists of sessions, and there are none. Leave it out (COATCHECK_KEEP_ADDRESS), ${STORE}`,
  },
  {
    setting: "refresh.policy",
    given: ({ providers, refresh }) => providers.length > 0 && refresh.policy !== "never",
    line: `No cookie holds the provider's tokens, so no session is kept in step with its provider. Say so with COATCHECK_REFRESH=never, ${STORE}`,
  },
  {
    setting: "refresh.background",
    given: ({ refresh }) => refresh.background,
    line: `There are no tokens to refresh. Leave it out, ${STORE}`,
  },
  {
    setting: "frontchannelLogout",
    given: ({ frontchannelLogout }) => frontchannelLogout.enabled,
    line: `The provider's logout could end nothing. Leave it out, ${MARKS}`,
    marksHelp: true,
  },
  {
    setting: "providers[].backchannelLogoutSessionRequired",
    given: ({ providers }) => providers.some((provider) => provider.backchannelLogoutSessionRequired),
    line: `The provider's logout could end nothing. Leave it out, ${MARKS}`,
    marksHelp: true,
  },
  {
    setting: "admin.token",
    given: ({ admin }) => admin.token !== undefined,
    line: `The sessions API could neither list nor end a session. Leave it out (COATCHECK_ADMIN_TOKEN), ${MARKS}`,
    marksHelp: true,
  },
  {
    setting: "upstreams[].token",
    given: ({ upstreams }) => upstreams.some(({ token }) => token === "header" || token === "authorization"),
    line: `No cookie holds the user's access token. Leave it out, ${STORE}`,
  },
  {
    setting: "tokens.audiences",
    given: ({ tokens }) => tokens.audiences.length > 0,
    line: `A token of ours has to be looked up to be refreshed or revoked. Leave it out (COATCHECK_TOKEN_AUDIENCES), ${STORE}`,
  },
];

/** What is given and cannot be kept. */
export function ofSealedCookie(settings: Settings): Problem[] {
  const { store } = settings;
  if (store.kind !== "cookie") return [];
  const name = store.marks === null ? "cookie:" : "cookie+…";
  return REFUSALS.filter((one) => !(one.marksHelp === true && store.marks !== null) && one.given(settings)).map(
    ({ setting, line }) => ({ headline: `${setting} cannot be kept, since the store is ${name}`, lines: [line] }),
  );
}

/** What is allowed, and should be known. */
export function sealedCookieWarnings({ store }: Settings): readonly string[] {
  if (store.kind !== "cookie") return [];
  if (store.marks === null) {
    return [
      "the store is cookie: a logout clears the browser's cookie and ends nothing else; a copied cookie is good until session.lifetime or session.idle is over.",
    ];
  }
  return store.marks.kind === "memory"
    ? ["markers are in memory: after a restart, sessions that were logged out live again in copied cookies."]
    : [];
}
