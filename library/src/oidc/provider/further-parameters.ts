/** Checks of what the configurations of all providers have: names, scopes, and further parameters of a login. */
import type { RefuseKey } from "../http/config-checks.ts";

/** Parameters that are the protocol's or this client's own. */
const RESERVED =
  /^(response_type|response_mode|client_id|redirect_uri|scope|state|nonce|code_challenge(_method)?|request(_uri)?|registration|id_token_hint)$/;
/** `login` takes these without being told. */
const OWN = /^(return_to|provider|ended|prompt|login_hint|acr_values|max_age|ui_locales)$/;
const PARAMETER = /^[A-Za-z0-9_.:-]{1,64}$/;

/** What tells a provider from others, for people and by their addresses. */
export interface AmongProviders {
  /** As people know it, on the page to choose from. Default: the product's name, if it is known, else its name here. */
  readonly title?: string;
  /**
   * Domains of e-mail addresses: with several providers a login whose `login_hint` has one of them goes to this one.
   * It says where to ask, and not who may come in.
   */
  readonly domains?: readonly string[];
}

/** A provider's name, as it stands in addresses. */
export function providerName(name: string, refuse: RefuseKey): string {
  if (/^[A-Za-z0-9_-]{1,32}$/.test(name)) return name;
  throw refuse("name", "takes letters, digits, - and _, at most 32.");
}

/** The name of a parameter that a link may give. */
export function loginParameter(name: string, refuse: RefuseKey): string {
  const shown = JSON.stringify(String(name).slice(0, 64));
  if (typeof name !== "string" || !PARAMETER.test(name) || RESERVED.test(name))
    throw refuse("loginParameters", `has ${shown}, which is no name of a further parameter.`);
  if (OWN.test(name)) throw refuse("loginParameters", `has ${shown}, which a login takes in any case: leave it out.`);
  return name;
}

/** Parameters that stand in every authorization request. */
export function furtherParameters(
  parameters: { readonly [name: string]: string },
  refuse: RefuseKey,
): { readonly [name: string]: string } {
  for (const [name, value] of Object.entries(parameters)) {
    if (!PARAMETER.test(name) || RESERVED.test(name))
      throw refuse(
        "authorizationParameters",
        `has ${JSON.stringify(name.slice(0, 64))}, which is no name of a further parameter.`,
      );
    if (typeof value !== "string" || value.length > 512 || /\p{Cc}/u.test(value))
      throw refuse("authorizationParameters", `takes texts of at most 512 characters; ${name} is none.`);
  }
  return parameters;
}

/** A scope: words with single spaces (RFC 6749, section 3.3). */
export function scopeWords(scope: string, refuse: RefuseKey): string {
  if (/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(scope)) return scope;
  throw refuse("scope", "is a list of words with single spaces.");
}

/** A provider's title; `null` if none is given. */
export function titleOf(title: string | undefined, refuse: RefuseKey): string | null {
  if (title === undefined) return null;
  if (typeof title === "string" && /^[^\p{Cc}]{1,64}$/u.test(title)) return title;
  throw refuse("title", "is a text of at most 64 characters.");
}

/** Domains of e-mail addresses, in lower case. */
export function domainsOf(domains: readonly string[] | undefined, refuse: RefuseKey): readonly string[] {
  return (domains ?? []).map((domain) => {
    if (typeof domain === "string" && /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain)) return domain.toLowerCase();
    throw refuse("domains", `has ${JSON.stringify(domain)}, which is no domain such as example.com.`);
  });
}
