/** Who may sign in by which provider: its lists of users and groups, asked at each login and at each refresh. */
import type { Identity, SignInAnswer } from "coatcheck";
import type { ProviderSettings, Settings } from "../../config/config.ts";
import type { LiveSettings } from "../live-settings.ts";
import { UsersOf } from "../users-of.ts";
import { ClaimNames } from "./claim-names.ts";
import { type Address, Addresses } from "./user-list.ts";

/** What the library asks. */
interface Hooks {
  readonly onSignIn?: (signIn: { readonly identity: Identity; readonly provider: string }) => SignInAnswer;
  readonly onRefresh?: (signIn: { readonly identity: Identity; readonly provider: string }) => SignInAnswer;
}

/** Who may use what, by the lists of now. */
export class People {
  readonly claims: ClaimNames;
  readonly #addresses: Addresses;
  readonly #live: LiveSettings;

  constructor(live: LiveSettings) {
    const { now: settings } = live;
    this.claims = new ClaimNames(settings);
    const trusted = new UsersOf(settings.providers.filter(({ trustUnverifiedEmail }) => trustUnverifiedEmail));
    this.#addresses = new Addresses(this.claims, trusted);
    this.#live = live;
  }

  /** The hooks of the library; none if everybody may come whom a provider vouches for. */
  hooks({ providers, refresh }: Settings): Hooks {
    if (!providers.some(isRestricted)) return {};
    const ask: Hooks["onSignIn"] = ({ identity, provider }) => this.#mayCome(identity, provider);
    return refresh.policy === "never" ? { onSignIn: ask } : { onSignIn: ask, onRefresh: ask };
  }

  /** Whether a user is among those whom an upstream names. */
  mayUse(upstream: number, identity: Identity): boolean {
    const { users = [] } = this.#live.now.upstreams[upstream] ?? {};
    return users.length === 0 || this.#addresses.isListed(identity, users);
  }

  #mayCome(identity: Identity, name: string): SignInAnswer {
    const provider = this.#live.now.providers.find((one) => one.name === name);
    if (provider === undefined) return null;
    const { users, groups } = provider;
    if (users.length > 0 && !this.#addresses.isListed(identity, users))
      return { blocked: true, reason: sentenceFor(this.#addresses.of(identity)) };
    if (groups.length === 0) return {};
    const own = this.claims.groups(identity);
    if (groups.some((group) => own.includes(group))) return {};
    return {
      blocked: true,
      reason: "You are not in a group whose members may sign in here. Ask whoever runs this site, or sign in as somebody else.",
    };
  }
}

const isRestricted = ({ users, groups }: ProviderSettings): boolean => users.length > 0 || groups.length > 0;

const LONGEST = 254;

function sentenceFor(address: Address): string {
  if (address.kind === "none") {
    return "The service that you signed in with does not say your e-mail address, by which this site knows who may come in.";
  }
  const text = address.text.slice(0, LONGEST);
  return address.kind === "unverified"
    ? `${text} was never verified by the service that you signed in with. Verify it there, or sign in as somebody else.`
    : `${text} may not sign in here. Ask whoever runs this site, or sign in as somebody else.`;
}
