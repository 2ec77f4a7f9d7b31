/** A replica: one place where processes start, run the published `coatcheck()` and die, with a skewed clock. */
import type { Auth, CoatcheckOptions } from "coatcheck";
import { coatcheck } from "coatcheck";
import type { Clock, SessionStore } from "coatcheck/contracts";
import { linkAccounts } from "../backends/faulty-lookup.ts";
import { linkProvider } from "../backends/faulty-provider.ts";
import { linkStore } from "../backends/faulty-store.ts";
import type { Serves } from "../backends/moved-stores.ts";
import { portalReader } from "../clients/portal.ts";
import { Random, seededEntropy } from "./random.ts";
import type { Place } from "./scheduler.ts";
import type { Work } from "./work.ts";
import { currentWork, newWork, working } from "./work.ts";
import { EPOCH, ORIGIN, PROVIDERS, type World } from "./world.ts";

const secretOf = (seed: number): string => Buffer.from(seededEntropy(new Random(seed)).bytes(32)).toString("base64url");
const OLD_SECRET = secretOf(1);
const NEW_SECRET = secretOf(2);
/** A result that the store did not take is offered again within this time. */
const OFFERED_WITHIN = 12_000;
const SECRETS = { first: [OLD_SECRET], add: [OLD_SECRET, NEW_SECRET], promote: [NEW_SECRET, OLD_SECRET] } as const;

/** Short, so that both run out within a run. */
const TOKENS = {
  audiences: { api: { scope: "read", lifetime: "90s", family: "15m", users: true } },
  accept: "api",
  recent: "1d",
} as const;

/** One process, from its start to its death. */
export class Life implements Place {
  readonly name: string;
  readonly replica: Replica;
  readonly auth: Auth<Readonly<Record<string, number>>>;
  /** What it does by itself. */
  readonly work: Work;
  readonly clock: Clock;
  /** Its way to the store. */
  readonly store: SessionStore;
  /** Which stores it has, where sessions are moved. */
  readonly serves: Serves;
  /** It has ended, and will ask the store for nothing more. */
  isClosed = false;
  /** How many requests it is answering. */
  serving = 0;
  state: "running" | "stopped" | "dead" = "running";
  readonly #pauses: { readonly from: number; to: number }[] = [];
  readonly #storeTroubles: { readonly at: number; readonly id: string }[] = [];

  constructor(replica: Replica, name: string, secrets: readonly string[], random: Random) {
    const { world } = replica;
    const { settings } = world;
    this.name = name;
    this.replica = replica;
    this.work = newWork(name, random);
    const clock = this.#clock();
    this.clock = clock;
    const store = world.moved?.open(this, replica.serves) ?? linkStore(world, this, replica.base);
    this.serves = replica.serves;
    this.store = store;
    this.auth = working(this.work, () =>
      coatcheck<Readonly<Record<string, number>>>({
        publicUrl: ORIGIN,
        secrets,
        store,
        providers: PROVIDERS.slice(0, settings.providers).map((one) => linkProvider(world, this, clock, one)),
        clock,
        // What it would otherwise write to standard error is in the trace.
        on: () => undefined,
        entropy: seededEntropy(random),
        session: {
          idle: settings.idle,
          lifetime: settings.lifetime,
          unconfirmed: settings.unconfirmed,
          ...(settings.cap === null ? {} : { maxPerUser: settings.cap }),
        },
        ...this.#proxy(),
        ...(settings.tokens ? { tokens: TOKENS } : {}),
        refresh: { policy: settings.refresh, background: settings.background, wait: settings.wait },
      }),
    );
  }

  #proxy(): Pick<CoatcheckOptions<Readonly<Record<string, number>>>, "proxy"> {
    const { world } = this.replica;
    const { proxy } = world.settings;
    if (proxy === null) return {};
    const { unknown, cacheFor } = proxy;
    return { proxy: { reader: portalReader, unknown, cacheFor, ...linkAccounts(world, this) } };
  }

  wall(): number {
    return EPOCH + Math.floor(this.replica.world.scheduler.now + this.replica.skew);
  }

  stop(): void {
    this.state = "stopped";
    this.#pauses.push({ from: this.replica.world.scheduler.now, to: Number.POSITIVE_INFINITY });
  }

  resume(): void {
    if (this.state !== "stopped") return;
    this.state = "running";
    const pause = this.#pauses.at(-1);
    if (pause !== undefined) pause.to = this.replica.world.scheduler.now;
    this.replica.world.scheduler.resume(this);
  }

  die(): void {
    this.state = "dead";
    this.#pauses.push({ from: this.replica.world.scheduler.now, to: Number.POSITIVE_INFINITY });
  }

  /** It ends of itself: what it holds is offered once more. */
  end(): void {
    this.#pauses.push({ from: this.replica.world.scheduler.now, to: Number.POSITIVE_INFINITY });
  }

  get isGone(): boolean {
    return this.isClosed || this.state === "dead";
  }

  /** Whether it was stopped or dead at any time between. */
  wasAway(from: number, to: number): boolean {
    return this.#pauses.some((pause) => pause.from <= to && pause.to >= from);
  }

  /**
   * Whether the store did not take what it had of this session, shortly before: it offers a result every few seconds.
   */
  wasCutOff(id: string, until: number): boolean {
    return this.#storeTroubles.some((trouble) => trouble.id === id && trouble.at >= until - OFFERED_WITHIN);
  }

  /** Whether the store failed it since, or shortly before: what hangs is waited for as long. */
  hadStoreTrouble(since: number): boolean {
    return this.#storeTroubles.some(({ at }) => at >= since - OFFERED_WITHIN);
  }

  storeTrouble(id: string): void {
    this.#storeTroubles.push({ at: this.replica.world.scheduler.now, id });
  }

  #clock(): Clock {
    const { world } = this.replica;
    const born = world.scheduler.now - 1_000 * (this.replica.index + 1);
    return {
      now: () => this.wall(),
      monotonic: () => world.scheduler.now - born,
      sleep: (ms, signal) => this.#sleep(ms, signal),
      yield: () => this.#sleep(0, undefined),
    };
  }

  #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const { scheduler } = this.replica.world;
    const actor = (currentWork() ?? this.work).actor;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const abort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const run = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const tell = (): string => `has slept ${Math.round(ms)} ms`;
      const cancel = scheduler.after(ms, { place: this, actor, tell, run, wakes: true });
      signal?.addEventListener("abort", abort, { once: true });
    });
  }
}

/** A place where one process after another serves requests, with one machine's wall clock. */
export class Replica {
  readonly world: World;
  readonly index: number;
  readonly base: SessionStore;
  /** How far its wall clock is off, milliseconds. */
  skew: number;
  life: Life;
  /** All that ever ran here. */
  readonly lives: Life[] = [];
  #secrets: keyof typeof SECRETS = "first";
  #serves: Serves = "old";

  constructor(world: World, index: number, base: SessionStore) {
    this.world = world;
    this.index = index;
    this.base = base;
    this.skew = world.settings.skews[index] ?? 0;
    this.life = this.start();
  }

  get serves(): Serves {
    return this.#serves;
  }

  /** A new process has these stores; the one before finishes what it has begun. */
  serve(serves: Serves): void {
    this.#serves = serves;
    const before = this.life;
    if (before.state === "dead") return;
    this.start();
    this.#retire(before);
  }

  start(): Life {
    const number = this.lives.length + 1;
    const letter = String.fromCharCode(97 + this.index);
    const random = Random.of(this.world.script.seed, 2, this.index, number);
    this.life = new Life(this, `${letter}${number}`, SECRETS[this.#secrets], random);
    this.lives.push(this.life);
    return this.life;
  }

  /**
   * Every other replica takes other secrets while it runs. One that cannot, and the rest, start a process with them,
   * and the one before finishes what it has begun.
   */
  rotateSecrets(phase: "add" | "promote"): void {
    this.#secrets = phase;
    const before = this.life;
    if (before.state === "dead") return;
    if (before.state === "running" && (this.world.script.seed + this.index) % 2 === 0) {
      working(before.work, () => before.auth.changeKeys({ secrets: SECRETS[phase] }));
      return;
    }
    this.start();
    this.#retire(before);
  }

  // As a server that stops: no new requests come, those begun are answered, then the rest is closed.
  #retire(life: Life): void {
    const run = (): void => {
      if (life.serving > 0) this.#retire(life);
      else {
        life.end();
        const closed = (): void => {
          life.isClosed = true;
        };
        working(life.work, () => void life.auth.close().then(closed, closed));
      }
    };
    this.world.scheduler.after(1_000, { place: life, actor: life.name, tell: () => "is asked to end", run, wakes: true });
  }

  /** The clock is set, as a time server does. */
  jump(by: number): void {
    this.skew += by;
    this.world.clocksAre([this.skew]);
  }
}
