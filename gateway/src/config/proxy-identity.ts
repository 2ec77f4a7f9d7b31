/** The settings `proxyIdentity`: a proxy in front that signs users on. */
import { oneOf, secretText, text } from "./kinds/kinds.ts";
import { cidr } from "./kinds/network-kinds.ts";
import { fallback, list, object, optional, required } from "./kinds/shape.ts";
import { userEntry } from "./kinds/user-entry.ts";

const PRESETS = ["oauth2-proxy", "authelia", "authentik", "tailscale", "generic"] as const;
const VENDORS = ["cloudflare-access", "google-iap", "aws-alb", "pomerium", "coatcheck"] as const;

const headers = object({
  user: required(text, "The header that names the user; the others describe that user.", "For example X-Remote-User."),
  email: optional(text, "Their e-mail address."),
  groups: optional(text, "Their groups, with commas between."),
  preferredUsername: optional(text, "Their preferred username."),
  name: optional(text, "Their name."),
});

const channel = object({
  header: required(text, "The header that holds it.", "For example X-Proxy-Secret."),
  value: required(
    list(secretText, 1),
    "32 random bytes or more; several while one takes the place of another.",
    "Make one:  npx coatcheck secret",
    { secret: true },
  ),
});

const assertion = object({
  vendor: required(oneOf(VENDORS), "Who signs.", `One of ${VENDORS.join(", ")}.`),
  issuer: optional(text, "`iss`, exactly, if the vendor has more than one."),
  audience: fallback(list(text), "`aud`, one of these.", []),
  signer: fallback(list(text), "The ARN of the load balancer, for aws-alb.", []),
  keys: optional(text, "The address of its public keys, if that is not the vendor's usual one."),
});

/** A proxy in front that authenticates users, and how it names them. */
export const proxyIdentity = object(
  {
    preset: fallback(oneOf(PRESETS), "Whose headers are read.", "generic"),
    trusted: fallback(list(cidr), "Addresses from which the headers are trusted. Default: those of trustedProxies.", []),
    headers: optional(headers, "Other header names than the preset's: all that are read."),
    issuer: optional(text, "Together with the user, the identity of a session. Default: `proxy:` and the preset."),
    secret: optional(channel, "A header that the proxy alone can send, beside its address."),
    assertion: optional(assertion, "What the proxy signs; its plain headers are then not read."),
    users: fallback(
      list(userEntry),
      "Users who may pass: verified e-mail addresses, `@example.com` for all of a domain, `file:NAME` for a file with one of them a line, which SIGHUP reads again. None: every user whom the proxy names.",
      [],
    ),
    unknown: fallback(oneOf(["refuse", "anonymous"]), "What other users get: 403, or they are served as anonymous.", "refuse"),
    signOutUrl: optional(text, "Where a logout continues; without it the proxy would sign the user in again at once."),
  },
  { label: "a preset, or an object", expand: (preset) => ({ preset }) },
);
