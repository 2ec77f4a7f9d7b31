/** Everything that runs around the gateway: provider, app, users, outages of the store, and the connections. */
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type Played } from "./clients/client.ts";
import { type Message, messageOf, type Step, scriptOf } from "./clients/messages.ts";
import { entertain, invite, type People } from "./clients/people.ts";
import { type Circumstances, judge, type Violation } from "./judge.ts";
import { type ConnectionPlan, MANNERS, planOf } from "./plan.ts";
import { FuzzedGateway, type Measured } from "./servers/gateway.ts";
import { Provider } from "./servers/provider.ts";
import { Upstream } from "./servers/upstream.ts";

/** A connection with all that became of it. */
export interface Told {
  readonly plan: ConnectionPlan;
  readonly steps: readonly Step[];
  readonly played: Played;
  readonly violations: readonly Violation[];
}

/** After an outage the gateway may still be busy with what it met within it. */
const AFTERMATH = 250;
const CRASH_IS_HEARD = 300;
/** How long connections may outlive their clients: `keepAlive` and the look at it, and a margin. */
const LONGEST_DRAIN = 20_000;

/** The gateway under test, with everything around it. */
export class Stage {
  readonly gateway: FuzzedGateway;
  readonly upstream: Upstream;
  readonly #provider: Provider;
  #people: People;
  #outages = 0;
  #outage: { readonly from: number; until: number } = { from: 0, until: 0 };
  /** Counted up whenever the gateway ended by itself. */
  crashes = 0;

  private constructor(gateway: FuzzedGateway, upstream: Upstream, provider: Provider, people: People) {
    this.gateway = gateway;
    this.upstream = upstream;
    this.#provider = provider;
    this.#people = people;
  }

  /** `plants`: modules that are loaded into the gateway's process, for tests of the judgement. */
  static async set(plants: readonly string[] = []): Promise<Stage> {
    const [provider, upstream] = [new Provider(), new Upstream(MANNERS)];
    await provider.listen();
    const port = await upstream.listen();
    let hear = (): void => {};
    const gateway = new FuzzedGateway(provider, `http://127.0.0.1:${port}`, { plants, ended: () => hear() });
    await gateway.start();
    const people = await invite(gateway.port, (subject) => provider.bearer(subject));
    const stage = new Stage(gateway, upstream, provider, people);
    hear = () => {
      stage.crashes += 1;
    };
    return stage;
  }

  /** Brings the gateway to its size: what it starts when it is first needed, and keeps, is no growth. */
  async warm(): Promise<void> {
    await entertain(this.gateway.port, () => this.gateway.hasCheckpointed);
  }

  /**
   * Plays one connection, and judges it. `acted` is called when there is nothing left to do but to wait for its end.
   */
  async play(seed: number, index: number, acted: () => void = () => {}): Promise<Told> {
    const plan = planOf(seed, index);
    const messages: readonly Message[] = plan.requests.map((request) => messageOf(request, this.#people));
    const steps = scriptOf(plan, messages);
    const crashes = this.crashes;
    if (plan.outage) this.#fail();
    const played = await new Client(plan, steps, this.gateway.port).play(() => {
      if (plan.outage) this.#mend();
      acted();
    });
    const seen = new Map(plan.requests.map(({ id }) => [id, this.upstream.take(id)]));
    const outage = this.#outages > 0 || (played.from <= this.#outage.until && played.until >= this.#outage.from);
    const circumstances: Circumstances = { outage, crashed: false, seen: (id) => seen.get(id) ?? [] };
    let violations = judge(plan, played, circumstances);
    if (violations.some(({ kind }) => kind === "unanswered")) {
      // That the process ended is heard a little later than that its connections did.
      await sleep(CRASH_IS_HEARD);
      const crashed = this.crashes > crashes || !this.gateway.alive;
      violations = judge(plan, played, { ...circumstances, crashed });
    }
    return { plan, steps, played, violations };
  }

  /** Waits until the gateway has closed everything, and measures it. */
  async settle(): Promise<Measured> {
    const deadline = performance.now() + LONGEST_DRAIN;
    for (;;) {
      this.upstream.rest();
      this.#provider.rest();
      const { sockets } = await this.gateway.measure(false);
      if (sockets === 0 || performance.now() > deadline) return this.gateway.measure(true);
      await sleep(100);
    }
  }

  /** Another life, for those who were signed in before too: their sessions are in the file. */
  async revive(): Promise<void> {
    await this.gateway.start();
    this.upstream.rest();
  }

  async clear(): Promise<void> {
    await this.gateway.close();
    this.upstream.close();
    this.#provider.close();
  }

  #fail(): void {
    if (this.#outages === 0) this.#outage = { from: performance.now(), until: Number.POSITIVE_INFINITY };
    this.#outages += 1;
    this.gateway.outage(true);
  }

  #mend(): void {
    this.#outages -= 1;
    if (this.#outages > 0) return;
    this.#outage.until = performance.now() + AFTERMATH;
    this.gateway.outage(false);
  }
}
