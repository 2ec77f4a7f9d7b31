/** Reads the variables of oauth2-proxy, and refuses those that cannot be honoured. */
import { didYouMean } from "coatcheck/settings";
import { keyOf, type Problem } from "../sources/place.ts";
import type { Environment } from "../sources/variables.ts";
import { HARMLESS, NO_REDIS, NOT_OFFERED, OFF_BY_DEFAULT, STANDARD } from "./names.ts";

/** What the variables of oauth2-proxy come to here. */
interface Translated {
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
  | { readonly note: string }
  | { readonly unknown: string };

const PREFIX = "OAUTH2_PROXY_";
const split = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
/** As the command says other settings that it does not know. */
function notUnderstood(name: string, meant: string): Problem {
  const lines = [
    "At oauth2-proxy it may keep people out who would pass here.",
    ...(meant === "" ? [] : [meant.replace(/[A-Z][A-Z_]+/, (found) => PREFIX + found)]),
    "Unset it, and say what it was for in this gateway's settings:  coatcheck --help",
  ];
  return { headline: `${name} is not understood`, lines };
}

const isTrue = (text: string): boolean => /^(?:1|t|true)$/i.test(text);
const plain =
  (...set: (string | number)[]) =>
  (value: string): Outcome => ({ set, value });

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

/** Everybody there if it is `*`; sub-domains, which are written with a dot or a star before them, are not offered. */
function emailDomains(value: string): Outcome {
  const domains = split(value);
  if (domains.includes("*")) return { note: "is *, which is what holds here" };
  const odd = domains.find((domain) => !/^[a-z0-9]/i.test(domain));
  if (odd !== undefined) return { stop: `Name each domain whose addresses may come:  ${odd} means all below one.` };
  return { set: USERS, value: domains.map((domain) => `@${domain}`) };
}

const USERS = ["providers", 0, "users"];

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
  COOKIE_SAMESITE: plain("session", "sameSite"),
  TRUSTED_PROXY_IPS: (value) => ({ set: ["trustedProxies"], value: split(value) }),
  INSECURE_OIDC_ALLOW_UNVERIFIED_EMAIL: (value) => ({ set: ["providers", 0, "trustUnverifiedEmail"], value: isTrue(value) }),
  PROMPT: plain("providers", 0, "authorizationParameters", "prompt"),
  ACR_VALUES: plain("providers", 0, "authorizationParameters", "acr_values"),
  PROVIDER: (value) => {
    if (/oidc$/.test(value)) return { note: "is OpenID Connect, the usual kind here" };
    if (value === "github" || value === "bitbucket") return { set: ["providers", 0, "preset"], value };
    return { stop: "Only OpenID Connect, GitHub and Bitbucket are carried over: set COATCHECK_ISSUER, or COATCHECK_PRESET." };
  },
  EMAIL_DOMAINS: emailDomains,
  AUTHENTICATED_EMAILS_FILE: (value) => ({ set: USERS, value: [`file:${value.trim()}`] }),
  ALLOWED_GROUPS: (value) => ({ set: ["providers", 0, "groups"], value: split(value) }),
  OIDC_GROUPS_CLAIM: plain("providers", 0, "groupsClaim"),
  OIDC_EMAIL_CLAIM: plain("providers", 0, "emailClaim"),
  SESSION_STORE_TYPE: (value) => (value === "redis" ? { stop: NO_REDIS } : { note: "is the store here: COATCHECK_STORE" }),
};

/** What a variable comes to. An unknown one may have been meant to restrict access (F-16). */
function outcomeOf(name: string, value: string): Outcome {
  const rule = RULES[name];
  if (rule !== undefined) return rule(value);
  const harmless = HARMLESS[name];
  if (harmless !== undefined) return { note: harmless };
  const off = OFF_BY_DEFAULT[name];
  if (off !== undefined) return isTrue(value) ? { stop: off } : { note: "is off, as here" };
  const standard = STANDARD[name];
  if (standard?.value === value) return { note: "is what holds here" };
  const remedy = standard?.remedy ?? NOT_OFFERED[name] ?? (name.startsWith("REDIS_") ? NO_REDIS : undefined);
  return remedy === undefined ? { unknown: didYouMean(name, NAMES) } : { stop: remedy };
}

const NAMES: readonly string[] = [RULES, HARMLESS, OFF_BY_DEFAULT, STANDARD, NOT_OFFERED].flatMap((table) => Object.keys(table));

/** Translates the variables of oauth2-proxy that its users use most. */
export function translateOauth2Proxy(environment: Environment): Translated {
  const values: { path: readonly (string | number)[]; value: unknown; from: string }[] = [];
  const problems: Problem[] = [];
  const notes: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || value === undefined || value === "") continue;
    const outcome = outcomeOf(name.slice(PREFIX.length), value);
    if ("set" in outcome) {
      // A list of domains and a file of addresses let in whom either of them names.
      const before = values.findIndex(({ path, value: list }) => keyOf(path) === keyOf(outcome.set) && Array.isArray(list));
      const earlier = values[before]?.value;
      if (Array.isArray(earlier) && Array.isArray(outcome.value))
        values[before] = { path: outcome.set, value: [...earlier, ...outcome.value], from: name };
      else values.push({ path: outcome.set, value: outcome.value, from: name });
    } else if ("stop" in outcome)
      problems.push({ headline: `${name} cannot be carried over`, lines: [outcome.stop, "Then unset the variable."] });
    else if ("unknown" in outcome) problems.push(notUnderstood(name, outcome.unknown));
    else notes.push(`${name} ${outcome.note}`);
  }
  return { values, problems, notes };
}
