/** The types of presets of providers without OpenID Connect: what they do differently, as data. */

/** The names that `preset` takes for a provider of the type `oauth2`. */
export const OAUTH2_PRESET_NAMES = ["github", "discord", "bitbucket", "x"] as const;
export type OAuth2PresetName = (typeof OAUTH2_PRESET_NAMES)[number];

/** Where a list is: its address below the API, and the path to it in the answer; an empty path is the answer itself. */
interface ListPlace {
  readonly url: string;
  readonly list: string;
}

/** The list of a user's e-mail addresses. One that stands alone counts as a list of one. */
export interface EmailList extends ListPlace {
  /** Path to the address in each entry. */
  readonly address: string;
  /** Paths of what has to be `true` for an address to be taken: the main one, and proven. */
  readonly demands: readonly string[];
}

/** A list of the groups that a user is in. */
export interface GroupList extends ListPlace {
  /** Paths of the parts of a group's name, which are joined by colons. */
  readonly name: readonly string[];
}

/** Where the user is described, and what of it is which claim. */
export interface UserPlace {
  readonly url: string;
  /** Path of the id that never changes. */
  readonly subject: string;
  /** The path of each claim. */
  readonly claims: { readonly [claim: string]: string };
}

/** How one provider differs. In addresses `{issuer}` and `{origin}` stand for the issuer and its origin. */
export interface OAuth2Preset {
  readonly name: OAuth2PresetName;
  /** Its product name. */
  readonly title: string;
  /** What it calls itself (`iss`, RFC 9207), or its address if it does not. */
  readonly issuer: string;
  readonly authorization: string;
  readonly token: string;
  /** Where tokens are revoked, and in which words. */
  readonly revocation: { readonly url: string; readonly style: "rfc7009" | "github" } | null;
  /** What the addresses of its API begin with. */
  readonly api: string;
  /** The same for a server of one's own, which has another issuer. */
  readonly ownServerApi?: string;
  readonly scope: string;
  /** What has to be asked for besides, to read the groups. */
  readonly groupScope: string;
  readonly clientAuthentication: "client_secret_basic" | "client_secret_post";
  readonly user: UserPlace;
  readonly emails: EmailList | null;
  readonly groups: readonly GroupList[];
  /** Its own words for errors of RFC 6749, section 5.2. */
  readonly errors: { readonly [code: string]: string };
  /** The name of its parameter for `login_hint`. */
  readonly loginHint: string;
}
