import type { Problem } from "./place.ts";
import type { Environment } from "./variables.ts";

/** What the variables of oauth2-proxy come to here. */
export interface Translated {
  /** Ours, weaker than everything that was said in our own names. */
  readonly values: readonly { readonly path: readonly (string | number)[]; readonly value: unknown; readonly from: string }[];
  /** What would let people in who are kept out there. Such a setting is never just dropped. */
  readonly problems: readonly Problem[];
  /** What has no counterpart, and needs none or only a hint. */
  readonly notes: readonly string[];
}

type Outcome =
  | { readonly set: readonly (string | number)[]; readonly value: unknown }
  | { readonly stop: string }
  | { readonly note: string };

const PREFIX = "OAUTH2_PROXY_";
const split = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
const isTrue = (text: string): boolean => /^(?:1|t|true)$/i.test(text);
const plain =
  (...set: (string | number)[]) =>
  (value: string): Outcome => ({ set, value });
const note = (text: string) => (): Outcome => ({ note: text });

/** `http://127.0.0.1:8080/app/` there: origin and path. Here these are two settings. */
function upstreams(value: string): Outcome {
  const taken: { url: string; paths: string[] }[] = [];
  for (const one of split(value)) {
    const url = URL.parse(one);
    if (url?.protocol === "static:") continue;
    if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
      return { stop: "Only http and https upstreams are offered; serve files by a web server behind the gateway." };
    }
    taken.push({ url: url.origin, paths: [url.pathname] });
  }
  return taken.length === 0
    ? { note: "has static upstreams alone; the check endpoints do that without one" }
    : { set: ["upstreams"], value: taken };
}

function httpAddress(value: string): Outcome {
  const bare = value.replace(/^https?:\/\//, "");
  if (value.startsWith("https://")) return { stop: "TLS is ended by the proxy in front; the gateway listens for plain http." };
  return { set: ["listen"], value: bare };
}

function redirectUrl(value: string): Outcome {
  const url = URL.parse(value);
  if (url === null || url.host === "") return { stop: "Set COATCHECK_PUBLIC_URL to the origin that browsers use." };
  return { set: ["publicUrl"], value: [url.origin] };
}

function emailDomains(value: string): Outcome {
  return value.trim() === "*"
    ? { note: "is *, which is what holds here" }
    : { stop: "Narrow by groups instead:  upstreams[].access: groups." };
}

const RULES: { readonly [name: string]: (value: string) => Outcome } = {
  CLIENT_ID: plain("providers", 0, "clientId"),
  CLIENT_SECRET: plain("providers", 0, "clientSecret"),
  CLIENT_SECRET_FILE: plain("providers", 0, "clientSecretFile"),
  OIDC_ISSUER_URL: plain("providers", 0, "issuer"),
  SCOPE: plain("providers", 0, "scope"),
  UPSTREAMS: upstreams,
  UPSTREAM: upstreams,
  HTTP_ADDRESS: httpAddress,
  METRICS_ADDRESS: (value) => ({ set: ["admin", "listen"], value: value.replace(/^https?:\/\//, "") }),
  REDIRECT_URL: redirectUrl,
  PROXY_PREFIX: plain("prefix"),
  COOKIE_EXPIRE: plain("session", "lifetime"),
  COOKIE_SAMESITE: (value) => (value === "" ? { note: "is empty" } : { set: ["session", "sameSite"], value }),
  TRUSTED_PROXY_IPS: (value) => ({ set: ["trustedProxies"], value: split(value) }),
  COOKIE_SECRET: note("seals cookies there and has another meaning here; make a fresh COATCHECK_SECRET (coatcheck secret)"),
  COOKIE_DOMAINS: note("is session.domain here, off unless you set it"),
  COOKIE_NAME: note("is fixed here, so that browsers guard it by its prefix"),
  COOKIE_SECURE: note("follows publicUrl here"),
  COOKIE_HTTPONLY: note("is always on here"),
  COOKIE_REFRESH: note("is not read: a session does not depend on the life of its access token here"),
  REVERSE_PROXY: (value) => ({
    note: isTrue(value) ? "trusts every peer there; name the addresses in COATCHECK_TRUSTED_PROXIES" : "is off",
  }),
  WHITELIST_DOMAINS: note("is not needed: return addresses are those of publicUrl"),
  SET_XAUTHREQUEST: note("is always on here"),
  PASS_USER_HEADERS: note("is always on here, as X-Auth-Request-*"),
  PASS_ACCESS_TOKEN: (value) => ({ note: isTrue(value) ? "is upstreams[].token: header here" : "is off" }),
  PASS_AUTHORIZATION_HEADER: (value) => ({ note: isTrue(value) ? "passes the ID token there; see upstreams[].token" : "is off" }),
  SET_AUTHORIZATION_HEADER: (value) => ({ note: isTrue(value) ? "passes the ID token there; see upstreams[].token" : "is off" }),
  SKIP_PROVIDER_BUTTON: note("is always on here"),
  CODE_CHALLENGE_METHOD: note("is always S256 here"),
  PROVIDER: (value) =>
    /oidc$/.test(value)
      ? { note: "is OpenID Connect, the one kind there is here" }
      : { stop: "Only OpenID Connect is offered: set COATCHECK_ISSUER." },
  EMAIL_DOMAINS: emailDomains,
  ALLOWED_GROUPS: () => ({ stop: "Put the groups on the upstream:  upstreams[].access: groups  and  upstreams[].groups." }),
  ALLOWED_GROUP: () => ({ stop: "Put the groups on the upstream:  upstreams[].access: groups  and  upstreams[].groups." }),
  ALLOWED_ROLES: () => ({ stop: "Put them on the upstream as groups:  upstreams[].access: groups  and  upstreams[].groups." }),
  ALLOWED_ROLE: () => ({ stop: "Put them on the upstream as groups:  upstreams[].access: groups  and  upstreams[].groups." }),
  AUTHENTICATED_EMAILS_FILE: () => ({
    stop: "Lists of addresses are not offered; narrow by groups:  upstreams[].access: groups.",
  }),
  HTPASSWD_FILE: () => ({ stop: "Passwords of its own are not offered." }),
  SESSION_STORE_TYPE: (value) =>
    value === "redis"
      ? { stop: "Redis is not offered in this version; use COATCHECK_STORE=sqlite:PATH." }
      : { note: "is the store here: COATCHECK_STORE" },
  REDIS_CONNECTION_URL: () => ({ stop: "Redis is not offered in this version; use COATCHECK_STORE=sqlite:PATH." }),
};

/** Translates the variables of oauth2-proxy that its users use most. */
export function translateOauth2Proxy(environment: Environment): Translated {
  const values: { path: readonly (string | number)[]; value: unknown; from: string }[] = [];
  const problems: Problem[] = [];
  const notes: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || value === undefined || value === "") continue;
    const outcome = RULES[name.slice(PREFIX.length)]?.(value) ?? { note: "is not understood" };
    if ("set" in outcome) values.push({ path: outcome.set, value: outcome.value, from: name });
    else if ("stop" in outcome) problems.push({ headline: `${name} cannot be carried over`, lines: [outcome.stop] });
    else notes.push(`${name} ${outcome.note}`);
  }
  return { values, problems, notes };
}
