/** The library's proxy options, made from the settings. */
import type { Identity, Known, ProxyOptions } from "coatcheck";
import { omitUndefined } from "coatcheck/settings";
import type { Settings } from "../config/config.ts";
import type { LiveSettings } from "./live-settings.ts";
import { omitUnset } from "./omit-unset.ts";
import { isListed } from "./people/user-list.ts";
import { isUnverified } from "./verified-email.ts";

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
      resolve: users.length === 0 ? undefined : (identity: Identity) => mayCome(identity, live),
      signOutUrl,
    }),
  };
}

/** Whether a user is among those who may come. An address that was never verified does not count (F-14). */
function mayCome(identity: Identity, { now: { proxyIdentity } }: LiveSettings): Known {
  const { email } = identity.claims;
  const listed = typeof email === "string" && !isUnverified(identity.claims) && isListed(email, proxyIdentity?.users ?? []);
  return listed ? { owner: `${identity.issuer} ${identity.subject}` } : null;
}
