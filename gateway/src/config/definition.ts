/** The one definition of every setting. */
import { bearer } from "./bearer.ts";
import { devUsers } from "./development/dev-users.ts";
import type { Infer } from "./kinds/kind.ts";
import { duration, flag, integer, oneOf, sealingSecret, secretText, size } from "./kinds/kinds.ts";
import { address, cidr, hostName, ownPrefix, publicOrigin } from "./kinds/network-kinds.ts";
import { fallback, list, object, optional, required } from "./kinds/shape.ts";
import { frontchannelLogout, landing, maxPendingEndings } from "./logout.ts";
import { moveTo, moveToPassword } from "./move/move-to.ts";
import { brand, language } from "./pages/brand.ts";
import { provider } from "./provider.ts";
import { proxyIdentity } from "./proxy-identity.ts";
import { signing } from "./signing.ts";
import { store, storePassword } from "./store.ts";
import { sweep } from "./sweep.ts";
import { check, tokens } from "./tokens/tokens.ts";
import { upstream } from "./upstream.ts";

const session = object({
  idle: fallback(duration("1m", "400d"), "The idle timeout: a session ends when its user was inactive for this long.", "1h", {
    env: "COATCHECK_IDLE",
  }),
  lifetime: fallback(
    duration("1m", "400d"),
    "The absolute lifetime: a session ends this long after the sign-in, whatever happens.",
    "24h",
    {
      env: "COATCHECK_LIFETIME",
    },
  ),
  unconfirmed: fallback(
    duration("0", "400d"),
    "How long, from the access token's expiry, a session still counts as an identity while the provider cannot be asked; then 503, never an ending. 0: 503 at once.",
    "1h",
    { env: "COATCHECK_UNCONFIRMED" },
  ),
  recent: fallback(
    duration("1s", "400d"),
    "How long after they signed in at a provider users may end other sessions of theirs; later they sign in again first.",
    "15m",
    { env: "COATCHECK_RECENT" },
  ),
  persistent: fallback(flag, "Whether the cookie outlives the browser's window.", true, { env: "COATCHECK_PERSISTENT" }),
  sameSite: fallback(
    oneOf(["lax", "strict"]),
    "`SameSite` of the session cookie; `strict` with a landing page after sign-in.",
    "lax",
    {
      env: "COATCHECK_SAME_SITE",
    },
  ),
  clearSiteData: fallback(
    list(oneOf(["cache", "storage", "cookies"])),
    "What browsers are asked to forget of the origin at a logout; `cookies` takes those of its sub-domains too.",
    ["cache", "storage"],
  ),
  maxPerUser: optional(
    integer(1, 1000),
    "The per-user session limit; a login past it ends the oldest session. Not set: no limit.",
    {
      env: "COATCHECK_MAX_PER_USER",
    },
  ),
  maxPendingEndings,
  keepUserAgent: fallback(
    flag,
    "Whether a new session keeps the browser's `User-Agent`, so that users can tell their devices apart; deleted with the session.",
    false,
    { env: "COATCHECK_KEEP_USER_AGENT" },
  ),
  keepAddress: fallback(
    oneOf(["none", "truncated", "full"]),
    "What a new session keeps of the client's address, as `clientAddress` finds it: its network (`/24` of IPv4, `/48` of IPv6), or all of it; deleted with the session.",
    "none",
    { env: "COATCHECK_KEEP_ADDRESS" },
  ),
  domain: optional(hostName, "Shares the session over the sub-domains of this domain; weaker, and warned about.", {
    env: "COATCHECK_DOMAIN",
  }),
});

const refresh = object({
  policy: fallback(
    oneOf(["keep-in-step", "on-demand", "never"]),
    "When access tokens are refreshed. `keep-in-step`: whenever a request finds one run out, so that a session ends when its provider ends it; `on-demand`: only for upstreams that get the token; `never`.",
    "keep-in-step",
    { env: "COATCHECK_REFRESH" },
  ),
  withoutRefreshToken: fallback(
    oneOf(["identity", "end"]),
    "What becomes of a session that has no refresh token when its access token runs out: it lives on as an `identity`, or it comes to its `end`.",
    "identity",
  ),
  background: fallback(flag, "Keeps the sessions of users who are away in step too. It extends none of them.", false),
  wait: fallback(
    duration("0", "2m"),
    "How long a request waits for a refresh that is under way; the refresh goes on without it.",
    "10s",
  ),
});

const limits = object({
  headerBytes: fallback(size(4096, 262_144), "The largest request head; larger is 431.", "16KiB"),
  headers: fallback(integer(16, 1000), "The most header lines of a request; more is 431.", 100),
  body: fallback(
    size(0, Number.MAX_SAFE_INTEGER),
    "The largest request body for upstreams; larger is 413. 0: no limit of ours.",
    0,
  ),
  pipelined: fallback(
    integer(0, 1000),
    "The most requests of a connection that wait behind the one that is answered; nothing more is read of it until one is done.",
    16,
  ),
  pipelinedInAll: fallback(
    integer(0, 1_000_000),
    "The most requests of all connections together that wait so, in each process. A connection that sends one more, and has `pipelined` waiting, is closed.",
    10_000,
  ),
  headTimeout: fallback(duration("1s", "10m"), "How long a client may take to send a request head.", "15s"),
  bodyIdle: fallback(duration("1s", "1h"), "How long a client may pause within a request body.", "60s"),
  bodyRate: fallback(
    size(0, 1_000_000_000),
    "The least that a request body brings, in bytes a second over any `bodyIdle`, while it is waited for. 0: any rate.",
    240,
  ),
  answerIdle: fallback(duration("1s", "1d"), "How long a client may read nothing of what waits for it.", "2m"),
  keepAlive: fallback(duration("0", "1h"), "How long a connection waits for its next request.", "75s"),
  shutdown: fallback(duration("0", "1h"), "How long requests and sockets may go on after the signal to stop.", "30s"),
});

/**
 * Every setting there is. Parsing, validation, help, documentation and the JSON Schema come from this one definition.
 */
export const SETTINGS = {
  secrets: required(
    list(sealingSecret, 1),
    "32 random bytes or more, base64url; several, comma separated: the first seals, all open. Where `publicUrl` and `listen` are loopback addresses, one is made if none is given.",
    "Make one:  npx coatcheck secret",
    { env: "COATCHECK_SECRET", secret: true },
  ),
  signing: fallback(signing, "The keys that sign assertions for upstreams.", {}),
  publicUrl: required(
    list(publicOrigin, 1),
    "The origin that browsers use, or several. Redirect URIs, cookie flags and the CSRF origin come from it; a request for another host is 421.",
    "The origin in the address bar, for example https://app.example.com.",
    { env: "COATCHECK_PUBLIC_URL" },
  ),
  plainHttp: fallback(
    oneOf(["loopback", "private-network"]),
    "Where `publicUrl` may be plain http: on this machine alone, or on a private network too, whose users can then read the cookies and take sessions over. Each start and `/health/ready` say so.",
    "loopback",
    { env: "COATCHECK_PLAIN_HTTP" },
  ),
  listen: fallback(address, "Where requests come in.", "127.0.0.1:4180", { env: "COATCHECK_LISTEN" }),
  admin: fallback(
    object({
      listen: fallback(address, "Where health, metrics and the sessions API are served.", "127.0.0.1:4181", {
        env: "COATCHECK_ADMIN_LISTEN",
      }),
      hosts: fallback(
        list(hostName),
        "By which further names the admin listener may be asked; addresses, `localhost`, names without a dot and that of `admin.listen` always.",
        [],
        { env: "COATCHECK_ADMIN_HOSTS" },
      ),
      token: optional(
        secretText,
        "What the sessions API of the admin listener asks for, as `Authorization: Bearer`; without it there is no such API. Health and metrics do not need it.",
        {
          env: "COATCHECK_ADMIN_TOKEN",
          secret: true,
        },
      ),
    }),
    "The listener for operators.",
    {},
  ),
  store,
  storePassword,
  moveTo,
  moveToPassword,
  providers: fallback(
    list(provider),
    "The OIDC providers; the first is the usual one. None is needed if a proxy in front authenticates users.",
    [{}],
  ),
  loginChooser: fallback(
    flag,
    "With several providers: a login that names none shows a page to choose from, with the one of last time first. Otherwise it goes to the first.",
    false,
    { env: "COATCHECK_LOGIN_CHOOSER" },
  ),
  devUsers,
  upstreams: fallback(list(upstream), "Where proxied requests go. Without any, only the gateway's own endpoints answer.", [], {
    env: "COATCHECK_UPSTREAM",
  }),
  trustedProxies: fallback(
    list(cidr),
    "Addresses of proxies whose forwarded headers are trusted, and that may call the check endpoints. Ranges that contain all addresses, alone or together, are refused.",
    [],
    { env: "COATCHECK_TRUSTED_PROXIES" },
  ),
  clientAddress: fallback(
    oneOf(["x-forwarded-for", "forwarded"]),
    "Which header of a trusted proxy tells the client's address; the other is ignored.",
    "x-forwarded-for",
  ),
  proxyIdentity: optional(
    proxyIdentity,
    "A proxy in front that authenticates users: which headers name the user, how the channel is authenticated, and which users may pass. Off unless set.",
    { env: "COATCHECK_PROXY_IDENTITY" },
  ),
  bearer: optional(
    bearer,
    "Bearer tokens that are accepted beside sessions, for programs. One that is presented decides. Off unless set.",
  ),
  tokens: fallback(tokens, "Tokens of our own, for programs.", {}),
  check: fallback(check, "What proxies are told that ask about requests.", {}),
  session: fallback(session, "How long sessions live, and their cookie.", {}),
  refresh: fallback(refresh, "How sessions are kept in step with their provider.", {}),
  sweep: fallback(sweep, "When dead rows are deleted from the store.", {}),
  signedOutPage: optional(
    landing,
    "The page where a logout ends, also after the provider's page; its absolute form has to be registered there. It must be open to anonymous users. Default: the gateway's page `signed-out` under the prefix.",
    { env: "COATCHECK_SIGNED_OUT_PAGE" },
  ),
  frontchannelLogout: fallback(frontchannelLogout, "Logout by the provider's front channel.", {}),
  brand: fallback(brand, "What our pages look like.", {}),
  language,
  prefix: fallback(ownPrefix, "Where the gateway's own endpoints live.", "/auth", { env: "COATCHECK_PREFIX" }),
  workers: fallback(integer(1, 64), "Processes that share the listener.", 1, { env: "COATCHECK_WORKERS" }),
  limits: fallback(limits, "What a request may cost.", {}),
  log: fallback(
    object({
      level: fallback(oneOf(["debug", "info", "warn", "error", "silent"]), "The least that is logged.", "info", {
        env: "COATCHECK_LOG_LEVEL",
      }),
    }),
    "Structured logs, one JSON object a line.",
    {},
  ),
  accessLog: fallback(flag, "One line for each request: method, path without query, status, time.", true, {
    env: "COATCHECK_ACCESS_LOG",
  }),
};

/** The configuration as the program uses it: complete, checked, durations in milliseconds. */
export type Settings = Infer<typeof SETTINGS>;
/** One provider. */
export type ProviderSettings = Settings["providers"][number];
/** One upstream. */
export type UpstreamSettings = Settings["upstreams"][number];
/** What a request may cost. */
export type LimitSettings = Settings["limits"];
/** Who may pass to an upstream. */
export type AccessRule = UpstreamSettings["access"];
