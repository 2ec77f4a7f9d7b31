/** The settings of an upstream: its address, its routes, and who may use them. */
import { duration, flag, integer, oneOf, text } from "./kinds/kinds.ts";
import { hostName, pathPrefix, upstreamOrigin } from "./kinds/network-kinds.ts";
import { fallback, list, object, optional, required } from "./kinds/shape.ts";
import { userEntry } from "./kinds/user-entry.ts";
import { named } from "./tokens/tokens.ts";

const timeouts = object({
  connect: fallback(duration("100ms", "10m"), "How long a connection to the upstream may take.", "5s"),
  queue: fallback(
    duration("0", "10m"),
    "How long a request waits for one of `connections` to become free; then it is 503.",
    "5s",
  ),
  head: fallback(duration("0", "1d"), "How long the upstream may take until its answer begins; 0: no limit.", "60s"),
  idle: fallback(duration("0", "1d"), "How long an answer may pause; 0: no limit.", "5m"),
});

/** What can authenticate at a gateway. */
export const VIA = ["session", "proxy", "bearer"] as const;

/** One upstream: its address, its routes and its access rules. */
export const upstream = object(
  {
    url: required(upstreamOrigin, "Scheme, host and port of the app.", "For example http://localhost:3000."),
    name: optional(text, "What logs and metrics call it. Default: the host."),
    paths: fallback(list(pathPrefix, 1), "Which paths go there; the longest that fits wins.", ["/"]),
    hosts: fallback(list(hostName), "Which public hosts go there; none: all of publicUrl.", []),
    access: fallback(
      oneOf(["public", "optional", "user", "groups", "api"]),
      "Who may pass. `public`: callers are not authenticated, it is served in an outage too, and the client's own Authorization passes; `optional`: anonymous and authenticated users; `user`: authenticated users; `groups`: authenticated users in one of `groups`; `api`: as `user`, with 401 instead of the login.",
      "user",
    ),
    groups: fallback(list(text), "For `groups` and `api`: users in one of them pass.", []),
    users: fallback(
      list(userEntry),
      "Users who may pass: verified e-mail addresses, `@example.com` for all of a domain, `file:NAME` for a file with one of them a line, which SIGHUP reads again. Others get 403. None: e-mail addresses do not matter.",
      [],
    ),
    providers: fallback(list(text), "Providers whose users may pass, by name; users of others get 403. None: all providers.", []),
    via: fallback(
      list(oneOf(VIA)),
      "Which strategies are accepted: `session`, `proxy`, `bearer`; users authenticated by another get 403. None: all of them.",
      [],
    ),
    caseSensitive: fallback(
      flag,
      "Whether the app takes `/A` and `/a` for two paths. If it does not, a path that would meet a stricter rule without regard to case is 400.",
      false,
    ),
    sensitive: fallback(
      flag,
      "Whether its requests look sessions up in the store itself, past what the store keeps for a while (`cache` of its address).",
      false,
    ),
    maxAge: optional(
      duration("1m", "365d"),
      "How long ago its users may have signed in; who did before signs in again first, and what they were sending is kept meanwhile. Default: any time.",
    ),
    acr: fallback(
      list(text),
      "Of which class (`acr`) their sign-in has to be, one of these; who has another signs in again first. None: any.",
      [],
    ),
    preflight: fallback(flag, "Lets CORS preflights through without a session.", false),
    token: fallback(
      oneOf(["none", "header", "authorization", "own"]),
      "Whether the user's access token goes along, as `X-Auth-Request-Access-Token` or as `Authorization: Bearer`. `own`: one of ours instead, for `audience`, as `Authorization: Bearer`.",
      "none",
    ),
    tokenAudience: optional(
      text,
      "With `token: header` or `authorization`: the API that the access token is for, as its provider calls it; kept with the session, and refreshed as its own is. Not set: the session's own token, unless `tokenScope` is set.",
    ),
    tokenScope: optional(text, "The scope of that token, words with spaces between. Not set: what the provider gives."),
    ...named,
    assertion: fallback(
      flag,
      "Whether `X-Coatcheck-Assertion` goes along: the user's identity, signed for this upstream alone (its audience is `url`). The keys are at `keys` under the prefix.",
      false,
    ),
    passHost: fallback(flag, "Whether the upstream sees the public host in `Host`, or its own.", true),
    connections: fallback(
      integer(1, 65_535),
      "The most connections for requests. One whose reader stands still does not count while it does.",
      512,
    ),
    streams: fallback(
      integer(1, 65_535),
      "The most connections for what lasts: WebSockets, event streams, answers whose reader stands still. A stream past that is 503.",
      4096,
    ),
    timeouts: fallback(timeouts, "How long to wait for it.", {}),
  },
  { label: "a URL, or an object", expand: (url) => ({ url }) },
);
