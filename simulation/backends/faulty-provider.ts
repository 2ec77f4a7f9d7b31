/** The OpenID provider as the engine sees it: fault injection between a process and the provider's tokens. */
import type {
  Clock,
  FinishLogin,
  Provider,
  ProviderFailure,
  ProviderLogin,
  ProviderTokens,
  RefreshOutcome,
} from "coatcheck/contracts";
import type { ProviderTrouble } from "../script/script.ts";
import { spring } from "../world/faults.ts";
import type { Life } from "../world/replica.ts";
import type { Work } from "../world/work.ts";
import { currentWork } from "../world/work.ts";
import type { SignOn, World } from "../world/world.ts";
import type { RefreshToken, Send } from "./grants.ts";

/** `never-sent`: it gets lost on its way there, so that the process hears nothing either. */
type Outcome = ProviderTrouble | "well" | "never-sent";

const NOISE: readonly Outcome[] = ["refuses", "error", "busy", "loses-answers", "slow", "never-sent"];

/**
 * The way from a process to the provider: what it asks arrives at one time, takes effect, and is answered at another,
 * or never.
 */
export function linkProvider(world: World, life: Life, clock: Clock, provider: SignOn): Provider {
  const { grants, settings } = world;
  const failed: ProviderFailure = { kind: "unavailable", code: "ERR_PROVIDER_UNAVAILABLE", cause: null };
  // Counted from when it was asked for: a process that was stopped since must not think that the token lives longer.
  const dated = (tokens: ProviderTokens, asked: number): ProviderTokens => ({
    ...tokens,
    expires: asked + settings.tokenLifetime,
  });

  async function finish(login: FinishLogin): ReturnType<Provider["redeem"]> {
    const work = currentWork() ?? life.work;
    const code = login.response.get("code") ?? "";
    const askedAt = clock.now();
    const redeemed = await new ProviderCall(world, life, `redeem ${code}`, () =>
      grants.redeem(code, login.nonce, provider),
    ).send();
    if (redeemed.kind !== "answered") return failed;
    if (redeemed.answer === null) return { kind: "refused", code: "ERR_PROVIDER_REFUSED", cause: null };
    const found: ProviderLogin = redeemed.answer.login;
    work.family = redeemed.answer.family;
    return { kind: "login", ...found, tokens: dated(found.tokens, askedAt) };
  }

  async function refresh(tokens: ProviderTokens): Promise<RefreshOutcome> {
    const token = grants.known(tokens.refreshToken);
    if (token === undefined) {
      world.violate(7, `${life.name} sends a refresh token that the provider never gave`);
      return { kind: "refused", cause: null };
    }
    if (token.family.provider !== provider)
      world.violate(7, `${life.name} sends ${token.text} of ${token.family.provider.name} to ${provider.name}`);
    judgeScope(world, life, token, tokens);
    const send: Send = {
      token,
      life,
      at: world.scheduler.now,
      outcome: null,
      heardAt: null,
      committedAt: null,
      overtaken: false,
    };
    grants.sends(send);
    const askedAt = clock.now();
    const call = new ProviderCall(world, life, `refresh with ${token.text}`, () => grants.exchange(send));
    if (spring(world, "sent", life) === "strand") call.lose();
    const heard = await call.send();
    send.heardAt = world.scheduler.now;
    spring(world, "heard", life);
    const outcome = outcomeOf(heard);
    send.outcome = outcome.kind;
    if (outcome.kind === "refused") token.family.refusalHeard = true;
    return outcome.kind === "refreshed" ? { ...outcome, tokens: dated(outcome.tokens, askedAt) } : outcome;
  }

  async function revoke(tokens: ProviderTokens): Promise<boolean> {
    const token = grants.known(tokens.refreshToken);
    if (token === undefined) return true;
    token.family.revocationsLost += 1;
    const heard = await new ProviderCall(world, life, `revoke ${token.text}`, () => {
      token.family.revocationsLost -= 1;
      grants.revoke(token);
      return true;
    }).send();
    return heard.kind === "answered";
  }

  return {
    name: provider.name,
    issuer: provider.issuer,
    refreshTimeout: settings.refreshTimeout,
    ready: () => true,
    authorizationUrl: ({ state, nonce, redirectUri }) => {
      const query = `state=${state}&nonce=${nonce}&redirect_uri=${encodeURIComponent(redirectUri)}`;
      return { kind: "redirect", url: `${provider.issuer}/authorize?${query}` };
    },
    redeem: finish,
    refresh,
    revoke,
    logoutUrl: () => `${provider.issuer}/logout`,
    close: () => undefined,
  };
}

/**
 * What the session holds of its last tokens is theirs, and not of those before; unless it is unknown which were the
 * last.
 */
function judgeScope(world: World, life: Life, token: RefreshToken, { scope }: ProviderTokens): void {
  // A token that stays good is the same in results that were lost.
  const lost = token.family.sends.some(({ outcome, committedAt }) => outcome !== "unavailable" && committedAt === null);
  if (scope !== token.scope && !(lost && world.settings.rotation === "none"))
    world.violate(9, `${life.name} holds ${token.text} for "${String(scope)}", and was given "${token.scope}" with it`);
}

type Heard<T> =
  | { readonly kind: "answered"; readonly answer: T }
  | { readonly kind: "unavailable"; readonly retryAfter: number | null }
  | { readonly kind: "unknown" };

function outcomeOf(heard: Heard<ProviderTokens | null>): RefreshOutcome {
  if (heard.kind === "unknown") return { kind: "unknown", cause: null };
  if (heard.kind === "unavailable") return { kind: "unavailable", retryAfter: heard.retryAfter, cause: null };
  return heard.answer === null ? { kind: "refused", cause: null } : { kind: "refreshed", tokens: heard.answer, claims: null };
}

class ProviderCall<T> {
  readonly #world: World;
  readonly #life: Life;
  readonly #work: Work;
  readonly #what: string;
  readonly #effect: () => T;
  #outcome: Outcome;
  /** When the answer lies in the process's socket. */
  #arrival = Number.POSITIVE_INFINITY;

  constructor(world: World, life: Life, what: string, effect: () => T) {
    this.#world = world;
    this.#life = life;
    this.#work = currentWork() ?? life.work;
    this.#what = what;
    this.#effect = effect;
    this.#outcome = world.calm ? "well" : this.#draw();
    if (this.#outcome !== "well") this.#work.troubles += 1;
  }

  #draw(): Outcome {
    const { scheduler, providerTroubles, settings } = this.#world;
    const { index } = this.#life.replica;
    const trouble = providerTroubles.find((one) => one.until > scheduler.now && (one.replica === null || one.replica === index));
    if (trouble !== undefined) return trouble.how;
    return this.#work.random.chance(settings.providerNoise) ? this.#work.random.pick(NOISE) : "well";
  }

  /** It gets lost on its way. */
  lose(): void {
    this.#outcome = "never-sent";
  }

  send(): Promise<Heard<T>> {
    this.#world.note(() => `${this.#life.name} asks the provider to ${this.#what}`);
    return new Promise((resolve) => this.#send(resolve));
  }

  #send(resolve: (heard: Heard<T>) => void): void {
    switch (this.#outcome) {
      case "refuses":
        this.#arrives("cannot reach the provider", () => resolve({ kind: "unavailable", retryAfter: null }));
        break;
      case "error":
        this.#arrives("gets 502", () => resolve({ kind: "unavailable", retryAfter: null }));
        break;
      case "busy":
        this.#arrives("gets 429", () => resolve({ kind: "unavailable", retryAfter: 2_000 }));
        break;
      case "well":
      case "slow":
      case "loses-answers":
      case "never-sent":
        this.#reach(resolve);
    }
  }

  // The time limit looks into the socket once more, so that an answer that came while the process was stopped counts.
  #reach(resolve: (heard: Heard<T>) => void): void {
    const { scheduler, settings } = this.#world;
    const actor = this.#work.actor;
    const timer = {
      place: this.#life,
      actor,
      tell: () => `waited long enough: ${this.#what}`,
      wakes: true,
      run: () => {
        if (this.#arrival > scheduler.now) resolve({ kind: "unknown" });
      },
    };
    const cancel = scheduler.after(settings.refreshTimeout, timer);
    if (this.#outcome === "never-sent") return;
    scheduler.after(this.#delay(), {
      place: null,
      actor,
      tell: () => `provider: ${this.#what}`,
      wakes: false,
      run: () => {
        if (this.#life.state === "dead" && this.#work.random.chance(0.3)) return;
        const answer = this.#effect();
        this.#world.note(() => (answer === null ? "→ invalid_grant" : "→ yes"));
        if (this.#outcome === "loses-answers") return;
        this.#arrives("hears from the provider", () => {
          cancel();
          resolve({ kind: "answered", answer });
        });
      },
    });
  }

  #arrives(tell: string, run: () => void): void {
    const delay = this.#delay();
    this.#arrival = this.#world.scheduler.now + delay;
    const told = (): string => `${tell}: ${this.#what}`;
    this.#world.scheduler.after(delay, { place: this.#life, actor: this.#work.actor, tell: told, run, wakes: true });
  }

  #delay(): number {
    const { random } = this.#work;
    const { tempo, refreshTimeout } = this.#world.settings;
    if (this.#outcome === "slow") return random.between(300, refreshTimeout * 0.9);
    const luck = random.unit();
    if (luck < 0.8 || tempo === 0) return random.between(2, 80);
    return luck < 1 - 0.05 * tempo ? random.between(80, 800) : random.between(800, refreshTimeout * 0.6);
  }
}
