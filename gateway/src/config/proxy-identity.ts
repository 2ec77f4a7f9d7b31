/** The settings `proxyIdentity`: a proxy in front that signs users on. */
import { oneOf, secretText, text } from "./kinds/kinds.ts";
import { cidr } from "./kinds/network-kinds.ts";
import { fallback, list, object, optional, required } from "./kinds/shape.ts";

const PRESETS = ["oauth2-proxy", "authelia", "authentik", "tailscale", "generic"] as const;
const VENDORS = ["cloudflare-access", "google-iap", "aws-alb", "pomerium", "coatcheck"] as const;

const headers = object({
  user: required(text, "Says who it is; everything else is about them.", "For example X-Remote-User."),
  email: optional(text, "Their e-mail address."),
  groups: optional(text, "Their groups, with commas between."),
  preferredUsername: optional(text, "What they like to be called."),
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
  issuer: optional(text, "`iss`, exactly, where the vendor has more than one."),
  audience: fallback(list(text), "`aud`, one of these.", []),
  signer: fallback(list(text), "The ARN of the load balancer, for aws-alb.", []),
  keys: optional(text, "Where its public keys are, where that is not the vendor's usual place."),
});

/** A proxy in front that authenticates users, and how it names them. */
export const proxyIdentity = object(
  {
    preset: fallback(oneOf(PRESETS), "Whose headers are read.", "generic"),
    trusted: fallback(list(cidr), "From which addresses they are believed; where none is named, from trustedProxies.", []),
    headers: optional(headers, "Other header names than the preset's: all that are read."),
    issuer: optional(text, "With the user, what people are known by. `proxy:` and the preset where it is not given."),
    secret: optional(channel, "A header that the proxy alone can send, beside its address."),
    assertion: optional(assertion, "What the proxy signs; its plain headers are then not read."),
    users: fallback(
      list(text),
      "Who may come, by e-mail address, or by `@example.com` for a domain; none: everybody whom the proxy names.",
      [],
    ),
    unknown: fallback(oneOf(["refuse", "anonymous"]), "What becomes of others: 403, or they are nobody.", "refuse"),
    signOutUrl: optional(text, "Where a logout goes on to; without it the proxy would sign them in again at once."),
  },
  { label: "a preset, or an object", expand: (preset) => ({ preset }) },
);
