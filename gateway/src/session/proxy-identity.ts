/** The library's proxy options, made from the settings. */
import type { Identity, Known, ProxyOptions } from "coatcheck";
import { omitUndefined } from "coatcheck/settings";
import type { Settings } from "../config/config.ts";
import type { LiveSettings } from "./live-settings.ts";
import { omitUnset } from "./omit-unset.ts";
import { isUnverified } from "./verified-email.ts";

type ProxyIdentity = NonNullable<Settings["proxyIdentity"]>;

/** How the library is told of the proxy that signs people on. */
export function proxyOptions({ proxyIdentity, trustedProxies }: Settings, live: LiveSettings): ProxyOptions | undefined {
  if (proxyIdentity === undefined) return undefined;
  const { preset, trusted, headers, issuer, secret, assertion, users, unknown, signOutUrl } = proxyIdentity;
  return {
    preset,
    trusted: trusted.length > 0 ? trusted : trustedProxies,
    unknown,
    ...omitUndefined({
      headers: headers && omitUnset(headers),
      issuer,
      secret: secret && { ...secret, value: () => live.now.proxyIdentity?.secret?.value ?? secret.value },
      assertion: assertion && omitUnset(assertion),
      resolve: users.length === 0 ? undefined : mayCome(users),
      signOutUrl,
    }),
  };
}

/**
 * Whether a user is among those who may come. An address has one `@`, and its domain is all behind it. An
 * address that was never verified does not count (F-14).
 */
function mayCome(users: ProxyIdentity["users"]): (identity: Identity) => Known {
  const allowed = new Set(users.map((user) => user.toLowerCase()));
  return (identity) => {
    if (isUnverified(identity.claims)) return null;
    const { email } = identity.claims;
    if (typeof email !== "string") return null;
    const parts = email.toLowerCase().split("@");
    const [name = "", domain = ""] = parts;
    if (parts.length !== 2 || name === "" || domain === "") return null;
    if (!allowed.has(`${name}@${domain}`) && !allowed.has(`@${domain}`)) return null;
    return { owner: `${identity.issuer} ${identity.subject}` };
  };
}
