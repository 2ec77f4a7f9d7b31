/** Tells whether an identity belongs to the users of some providers. */
import type { Identity } from "coatcheck";
import type { ProviderSettings } from "../config/config.ts";

const BY_PROVIDER = /^(oidc|oauth2):/;

/** The users of some providers: who signed in there, and who comes with a token of theirs. */
export class UsersOf {
  readonly #methods: ReadonlySet<string>;
  readonly #issuers: ReadonlySet<string>;

  constructor(providers: readonly Pick<ProviderSettings, "type" | "name" | "issuer">[]) {
    this.#methods = new Set(providers.map(({ type, name }) => `${type}:${name}`));
    this.#issuers = new Set(providers.map(({ issuer }) => issuer));
  }

  /**
   * A login is known by the provider's name, since two may have one issuer and let different people in; all else by
   * its issuer.
   */
  has({ method, issuer }: Identity): boolean {
    return BY_PROVIDER.test(method) ? this.#methods.has(method) : this.#issuers.has(issuer);
  }
}
