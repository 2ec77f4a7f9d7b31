/** The settings `tokens`: tokens of our own, and whom they are for. */
import { duration, flag, oneOf, secretText, text } from "../kinds/kinds.ts";
import { fallback, list, object, optional, required } from "../kinds/shape.ts";
import { allow, personal, revocation } from "./personal.ts";

const audience = object(
  {
    name: required(text, "Whom its tokens are for: `aud`.", "For example api."),
    scope: optional(text, "The words that its tokens may have in `scope`, with single spaces between. None: no scope."),
    lifetime: fallback(duration("1s", "400d"), "How long an access token is good at most.", "1h"),
    family: optional(
      duration("1s", "400d"),
      "How long refresh tokens go on giving new access tokens, in all. Not set: no refresh tokens.",
    ),
    idle: optional(
      duration("1s", "400d"),
      "How long after its last exchange a refresh token is good: from `lifetime` to `family`. Not set: as long as `family`.",
    ),
    users: fallback(flag, "Whether signed-in users may get tokens: at `POST tokens`, and for programs of theirs.", false),
    sessions: fallback(
      flag,
      "Whether each of its access tokens begins a browser session, once, at `POST tokens/session`; for webviews. Keep its `lifetime` short.",
      false,
    ),
    algorithm: optional(
      oneOf(["EdDSA", "Ed25519", "ES256"]),
      "Gives its tokens keys of their own, derived for it from each secret. Not set: the keys of `signing`.",
    ),
    introspection: optional(
      list(secretText, 1),
      "The secret with which the service behind it asks about its tokens, at `POST tokens/introspect`: at least 32 characters; several while it is exchanged. Not set: it cannot ask.",
      { secret: true },
    ),
  },
  { label: "a name, or an object", expand: (name) => ({ name }) },
);

/** Tokens of our own, which programs show as bearer tokens. */
export const tokens = object({
  audiences: fallback(list(audience), "Whom tokens can be issued for.", [], { env: "COATCHECK_TOKEN_AUDIENCES" }),
  accept: fallback(
    list(text),
    "Audiences whose tokens pass wherever no other `audience` is asked for: at upstreams that name none, and at the check endpoints.",
    [],
    { env: "COATCHECK_TOKEN_ACCEPT" },
  ),
  grace: fallback(
    duration("1s", "5m"),
    "How long a refresh token that was exchanged gets the same answer again; later it ends its family.",
    "10s",
    { env: "COATCHECK_TOKEN_GRACE" },
  ),
  recent: fallback(duration("1s", "400d"), "How long after they signed in users may ask for tokens.", "15m", {
    env: "COATCHECK_TOKEN_RECENT",
  }),
  revocation: fallback(
    revocation,
    "How soon a token that was revoked is refused. `immediate`: at once, by one look at the store for each request; a duration from 1s to 1h: so much later at most, and a token is looked up once within it.",
    "immediate",
    { env: "COATCHECK_TOKEN_REVOCATION" },
  ),
  personal: optional(personal, "Personal access tokens, which users make for programs of theirs. Off unless set.", {
    env: "COATCHECK_TOKEN_PERSONAL",
  }),
  allow: fallback(
    allow,
    "Which users may have which tokens, asked when one is given and at each refresh; what any of these rules gives. None: every user may have all that is configured.",
    [],
    { env: "COATCHECK_TOKEN_ALLOW" },
  ),
});

/** What an upstream, or the app behind a proxy that asks, is called in tokens of ours. */
export const named = {
  audience: optional(
    text,
    "What it is called in `aud`, one of `tokens.audiences`: a token of ours has to be for it, and `token: own` is.",
  ),
  scope: optional(text, "Words that a token of ours needs there, and that `token: own` has, with spaces between."),
};

/** What is said to proxies that ask about a request. */
export const check = object({
  token: fallback(
    oneOf(["none", "own"]),
    "Whether the answer has an access token of ours for the app behind the proxy, as `Authorization`.",
    "none",
  ),
  ...named,
});
