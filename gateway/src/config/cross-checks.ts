/** Checks that concern more than one setting. */
import { TrustedPeers } from "coatcheck/address";
import type { Settings, UpstreamSettings } from "./definition.ts";
import { devUsersWarning, ofDevUsers } from "./development/dev-users.ts";
import { httpWarning, ofPlainHttp } from "./development/plain-http.ts";
import { isLoopback } from "./kinds/network-kinds.ts";
import { ofMove } from "./move/move-to.ts";
import { hasSeveralIssuers } from "./several-issuers.ts";
import type { Problem } from "./sources/place.ts";
import { ofSealedCookie, sealedCookieWarnings } from "./store/sealed-cookie.ts";
import { acceptedAudiences } from "./tokens/accepted.ts";
import { ofTokens } from "./tokens/token-checks.ts";

/** What no single setting can tell: settings that contradict one another. */
export function contradictions(settings: Settings): readonly Problem[] {
  return [
    ...ofProviders(settings),
    ...ofDevUsers(settings),
    ...ofUpstreams(settings),
    ...ofPublicUrl(settings),
    ...ofPlainHttp(settings),
    ...ofSession(settings),
    ...ofRefresh(settings),
    ...ofSigning(settings),
    ...ofProxyIdentity(settings),
    ...ofTrusted("trustedProxies", settings.trustedProxies),
    ...ofTrusted("proxyIdentity.trusted", settings.proxyIdentity?.trusted ?? []),
    ...ofBearer(settings),
    ...ofTokens(settings),
    ...ofListeners(settings),
    ...ofSealedCookie(settings),
    ...ofMove(settings),
  ];
}

function ofProviders({ providers, proxyIdentity, devUsers }: Settings): Problem[] {
  const problems: Problem[] = [];
  if (providers.length === 0 && proxyIdentity === undefined && devUsers.length === 0) {
    const lines = [
      "No user could sign in. Name the provider (COATCHECK_ISSUER), or the proxy that signs users on (proxyIdentity).",
    ];
    problems.push({ headline: "providers is empty", lines });
  }
  const names = providers.map(({ name }) => name);
  names.forEach((name, index) => {
    if (names.indexOf(name) === index) return;
    problems.push({
      headline: `providers[${index}].name is ${name}, which another provider has`,
      lines: ["Give each provider a name of its own."],
    });
  });
  providers.forEach(({ type, scope }, index) => {
    if (type === "oauth2" || scope === undefined || scope.split(/\s+/).includes("openid")) return;
    const lines = ["Without it the provider does not say who signed in. COATCHECK_SCOPE sets the first provider's."];
    problems.push({ headline: `providers[${index}].scope has no openid`, lines });
  });
  return problems;
}

function ofProxyIdentity({ proxyIdentity, trustedProxies }: Settings): Problem[] {
  if (proxyIdentity === undefined) return [];
  if (proxyIdentity.trusted.length === 0 && trustedProxies.length === 0) {
    const lines = [
      "No proxy would be trusted. Name the addresses of the proxy, for example 10.0.3.7/32 (COATCHECK_TRUSTED_PROXIES).",
    ];
    return [{ headline: "proxyIdentity is given, though neither proxyIdentity.trusted nor trustedProxies names a proxy", lines }];
  }
  return [];
}

/** Refuses ranges that are acceptable one by one but together hold every address. */
function ofTrusted(key: string, ranges: readonly string[]): Problem[] {
  try {
    new TrustedPeers(ranges, key);
    return [];
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [headline = "", ...lines] = error.message.split("\n").map((line) => line.trim());
    return [{ headline, lines }];
  }
}

function ofBearer({ bearer }: Settings): Problem[] {
  if (bearer === undefined || bearer.jwt.length > 0 || bearer.introspection !== undefined) return [];
  return [{ headline: "bearer reads no token", lines: ["Give it jwt or introspection."] }];
}

function ofRefresh({ refresh: { background, policy } }: Settings): Problem[] {
  if (!background || policy === "keep-in-step") return [];
  const lines = [
    "Sessions of absent users are kept in step only where those of present ones are. Set refresh.policy to keep-in-step.",
  ];
  return [{ headline: `refresh.background is true, though refresh.policy is ${policy}`, lines }];
}

function ofSigning({ signing: { keys } }: Settings): Problem[] {
  return keys.flatMap(({ derived, key }, index) => {
    if ((derived === undefined) !== (key === undefined)) return [];
    const lines = ["Each entry is one key: EdDSA, Ed25519, ES256, or one of yours as key or keyFile."];
    return [{ headline: `signing.keys[${index}] has ${key === undefined ? "no key" : "two keys"}`, lines }];
  });
}

function ofUpstreams(settings: Settings): Problem[] {
  const { upstreams, publicUrl, prefix, providers } = settings;
  const problems: Problem[] = [];
  const hosts = new Set(publicUrl.map((origin) => new URL(origin).host));
  const claimed = new Map<string, number>();
  upstreams.forEach((upstream, index) => {
    const key = `upstreams[${index}]`;
    if (upstream.access === "groups" && upstream.groups.length === 0) {
      problems.push({
        headline: `${key}.groups is empty, though access is groups`,
        lines: ["No user could pass. Name the groups that may."],
      });
    }
    if (upstream.access !== "groups" && upstream.access !== "api" && upstream.groups.length > 0) {
      const lines = [`Every caller would pass. Set ${key}.access to groups or api.`];
      problems.push({ headline: `${key}.groups is given, though access is ${upstream.access}`, lines });
    }
    if (upstream.users.length > 0 && (upstream.access === "public" || upstream.access === "optional")) {
      const lines = [`Anonymous callers would pass. Set ${key}.access to user, groups or api.`];
      problems.push({ headline: `${key}.users is given, though access is ${upstream.access}`, lines });
    }
    const named = upstream.tokenAudience === undefined ? "tokenScope" : "tokenAudience";
    if (upstream[named] !== undefined && upstream.token !== "header" && upstream.token !== "authorization") {
      const lines = [`No access token of the provider goes there. Set ${key}.token to header or authorization.`];
      problems.push({ headline: `${key}.${named} is given, though token is ${upstream.token}`, lines });
    }
    if (upstream.access === "public" && upstream.token !== "none") {
      problems.push({
        headline: `${key}.token is given, though access is public`,
        lines: ["Callers are not authenticated there, so there is no token."],
      });
    }
    for (const name of upstream.providers) {
      if (providers.some((provider) => provider.name === name)) continue;
      const known = providers.map((provider) => provider.name);
      const lines = known.length === 0 ? ["There are no providers."] : [`Known there: ${known.join(", ")}.`];
      problems.push({ headline: `${key}.providers has ${name}, which is no provider's name`, lines });
    }
    if (upstream.access === "public" && upstream.providers.length > 0) {
      const lines = ["Callers are not authenticated there, so all would pass."];
      problems.push({ headline: `${key}.providers is given, though access is public`, lines });
    }
    problems.push(...ofVia(key, upstream, settings));
    for (const host of upstream.hosts) {
      if (hosts.has(host)) continue;
      problems.push({
        headline: `${key}.hosts has ${host}, which is not in publicUrl`,
        lines: [`Known there: ${[...hosts].join(", ")}.`],
      });
    }
    for (const path of upstream.paths) {
      for (const host of upstream.hosts.length === 0 ? ["*"] : upstream.hosts) {
        const first = claimed.get(`${host} ${path}`);
        if (first === undefined) claimed.set(`${host} ${path}`, index);
        else
          problems.push({
            headline: `${key}.paths has ${path}, which upstreams[${first}] has too`,
            lines: ["Only one of them could ever be asked."],
          });
      }
      if (path === prefix || path.startsWith(`${prefix}/`)) {
        problems.push({
          headline: `${key}.paths has ${path}, which lies under prefix`,
          lines: [`${prefix} is the gateway's own (COATCHECK_PREFIX).`],
        });
      }
    }
  });
  return problems;
}

/** Every strategy that `via` names has to be configured, since one that is not would admit no user. */
function ofVia(key: string, { via, access }: UpstreamSettings, settings: Settings): Problem[] {
  if (via.length > 0 && access === "public") {
    return [
      {
        headline: `${key}.via is given, though access is public`,
        lines: ["Callers are not authenticated there, so all would pass."],
      },
    ];
  }
  const { proxyIdentity, bearer } = settings;
  const tokenless = bearer === undefined && acceptedAudiences(settings).length === 0;
  const missing = { session: false, proxy: proxyIdentity === undefined, bearer: tokenless };
  const keys = { session: "providers", proxy: "proxyIdentity", bearer: "bearer" };
  return via.flatMap((way) =>
    missing[way]
      ? [{ headline: `${key}.via has ${way}, though ${keys[way]} is not given`, lines: ["No user could come that way."] }]
      : [],
  );
}

function ofPublicUrl({ publicUrl }: Settings): Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  if (new Set(publicUrl.map((origin) => new URL(origin).protocol)).size > 1) {
    const lines = ["Cookies of one kind are lost on the other. Use https for all of them (COATCHECK_PUBLIC_URL)."];
    problems.push({ headline: "publicUrl has both https and http origins", lines });
  }
  for (const origin of publicUrl) {
    const { host } = new URL(origin);
    if (seen.has(host))
      problems.push({
        headline: `publicUrl has ${host} twice`,
        lines: ["The host of a request picks the origin, so each host stands once."],
      });
    seen.add(host);
  }
  return problems;
}

function ofSession({ session, publicUrl }: Settings): Problem[] {
  const problems: Problem[] = [];
  if (session.idle > session.lifetime) {
    const lines = ["It would never be reached. Set COATCHECK_IDLE to the same or less than COATCHECK_LIFETIME."];
    problems.push({ headline: "session.idle is longer than session.lifetime", lines });
  }
  const { domain } = session;
  if (domain === undefined) return problems;
  for (const origin of publicUrl) {
    const { hostname, protocol } = new URL(origin);
    if (protocol === "https:" && (hostname === domain || hostname.endsWith(`.${domain}`))) continue;
    const lines = [`${origin} is not https below that domain (COATCHECK_DOMAIN), so the cookie would not reach it.`];
    problems.push({ headline: `session.domain is ${domain}, which does not hold all of publicUrl`, lines });
  }
  return problems;
}

function ofListeners({ listen, admin, store, workers }: Settings): Problem[] {
  const problems: Problem[] = [];
  if (listen.port !== 0 && listen.port === admin.listen.port && listen.host === admin.listen.host) {
    const lines = ["Operators' answers do not belong on the public listener. Set COATCHECK_ADMIN_LISTEN to another port."];
    problems.push({ headline: "listen and admin.listen are the same", lines });
  }
  if (workers > 1 && (store.kind === "memory" || (store.kind === "cookie" && store.marks?.kind === "memory"))) {
    const lines = ["Each process would know its own sessions alone. Set COATCHECK_STORE=sqlite:PATH, or COATCHECK_WORKERS=1."];
    const named = store.kind === "memory" ? "memory:" : "cookie+memory:";
    problems.push({ headline: `workers is more than 1, though the store is ${named}`, lines });
  }
  return problems;
}

/** What is allowed, and should be known. */
export function warnings(settings: Settings): readonly string[] {
  const said: string[] = [];
  said.push(...httpWarning(settings));
  if (settings.trustedProxies.length === 0) {
    said.push("trustedProxies is empty: forwarded headers are ignored, and the check endpoints answer no proxy.");
  }
  if (!isLoopback(settings.admin.listen.host))
    said.push("the admin listener is not on a loopback address: keep it away from the public.");
  if (hasSeveralIssuers(settings)) said.push(...ofSeveralIssuers(settings));
  if (settings.session.domain !== undefined) {
    said.push(
      `session.domain shares the session with every host below ${settings.session.domain}; each of them can take it over.`,
    );
  }
  if (settings.store.kind === "memory") said.push("the store is memory: every user is signed out by a restart.");
  said.push(...sealedCookieWarnings(settings));
  said.push(...devUsersWarning(settings));
  if (settings.moveTo !== undefined) {
    said.push("moveTo is set: when every gateway has it, run coatcheck move; when that is done, make it the store.");
  }
  if (settings.session.lifetime > 86_400_000 || settings.session.idle > 3_600_000) {
    said.push("sessions outlast NIST AAL2 (24h, 1h idle).");
  }
  return said;
}

/** Each issuer says who people are as it likes: one's `alice` is not another's. */
function ofSeveralIssuers({ upstreams }: Settings): readonly string[] {
  const danger =
    "people of several issuers come, and the same X-Auth-Request-User may be two of them: the app has to read X-Auth-Request-Issuer too";
  if (upstreams.length === 0) return [`${danger}, or the proxy asks for ?providers=NAME.`];
  const open = upstreams.flatMap(({ access, providers }, index) =>
    access === "public" || providers.length > 0 ? [] : [`upstreams[${index}].providers`],
  );
  return open.length === 0 ? [] : [`${danger}, or ${open.join(", ")} names whose users may pass.`];
}
