/** What all parts of a run share, its constants, and the list of violations. */
import type { EndReason } from "coatcheck/contracts";
import type { Accounts } from "../backends/accounts.ts";
import type { Grants } from "../backends/grants.ts";
import { BREAKS, type LostKind, type Written } from "../backends/lost-writes.ts";
import type { MovedStores } from "../backends/moved-stores.ts";
import type { ReplicatedStore } from "../backends/replicated-store.ts";
import type { Known, Sessions } from "../backends/sessions.ts";
import { TokenFamilies } from "../backends/token-families.ts";
import type { Asked } from "../clients/asked.ts";
import type { Stream } from "../clients/streams.ts";
import type { Event, LookupTrouble, Script, Settings, StoreTrouble } from "../script/script.ts";
import type { Move } from "./move.ts";
import type { Life, Replica } from "./replica.ts";
import { Scheduler } from "./scheduler.ts";
import type { Order } from "./work.ts";

/** The invariants, by the numbers of docs/simulation.md. */
export type RuleNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14;

/** A rule that was broken because the store lost what it had acknowledged. */
export interface Consequence extends Violation {
  readonly kind: LostKind;
}

export interface Violation {
  readonly rule: RuleNumber;
  readonly what: string;
  /** When, milliseconds from the beginning. */
  readonly at: number;
  readonly step: number;
}

/** Wall clocks begin here. */
export const EPOCH = Date.UTC(2030, 0, 1);
export const ISSUER = "https://id.test";
/** Whom people sign in with. */
export interface SignOn {
  readonly name: string;
  readonly issuer: string;
}
const USUAL: SignOn = { name: "default", issuer: ISSUER };
export const PROVIDERS: readonly SignOn[] = [USUAL, { name: "other", issuer: "https://other.test" }];
/** The provider with which a visit signs in. */
export const providerOf = ({ id }: { readonly id: number }, { providers }: Settings): SignOn =>
  PROVIDERS[id % providers] ?? USUAL;
export const ORIGIN = "https://app.test";
export const COOKIE = "__Host-Http-coatcheck";

/** A stretch of time in which calls go wrong. */
export interface Trouble<How extends string> {
  readonly replica: number | null;
  readonly until: number;
  readonly how: How;
}

/** Everything that one run has, and the journal of what happened. */
export class World {
  readonly script: Script;
  readonly settings: Settings;
  readonly scheduler = new Scheduler();
  readonly replicas: Replica[] = [];
  readonly orders: Order[] = [];
  /** Logouts that the store did not take: the process that answered has promised to go on. */
  readonly promises: { readonly known: Known; readonly life: Life; readonly at: number }[] = [];
  /** Logins that were answered with a session. */
  readonly logins: Asked[] = [];
  storeTroubles: Trouble<StoreTrouble>[] = [];
  /** Event streams that were answered, and when each learned that it is over. */
  readonly streams: Stream[] = [];
  providerTroubles: Trouble<"refuses" | "error" | "busy" | "loses-answers" | "slow">[] = [];
  readonly lookupTroubles: Trouble<LookupTrouble>[] = [];
  /** Who wants to be told of endings. */
  readonly listeners = new Set<(id: string, reason: EndReason) => void>();
  /** Who wants to be told of a gap, within so many milliseconds. */
  readonly gaps = new Set<(within: number) => void>();
  /** The store, if it has a replica. */
  replicated: ReplicatedStore | null = null;
  /** The two stores, if sessions are moved. */
  moved: MovedStores | null = null;
  /** The move, from when it begins. */
  move: Move | null = null;
  /** What the store acknowledged although its replica did not hear of it. */
  readonly acknowledged: Written[] = [];
  /** Of that, what a failover lost. */
  readonly lost: Written[] = [];
  /** What came of it: a kind of write, and the rule that it broke. The first of each. */
  readonly consequences = new Map<string, Consequence>();
  /** Sessions whose end is gone again. Some process was told of it, as of any. */
  readonly undone = new Set<Known>();
  /** When the replica took over last: requests that began before may have read what is gone. */
  failedOverStep = -1;
  readonly traps: Extract<Event, { readonly kind: "trap" }>[] = [];
  /** Nothing goes wrong any more; the run comes to its end. */
  calm = false;
  violation: Violation | null = null;
  /** Requests without an answer yet. */
  readonly openRequests = new Set<Asked>();
  /** Nothing goes wrong in this run: every authenticated user is served. */
  readonly undisturbed: boolean;
  /** How far wall clocks have been apart at the most, milliseconds. */
  apart = 0;
  /** How far any of them has been ahead of the true time at the most. */
  #ahead = Number.NEGATIVE_INFINITY;
  #behind = Number.POSITIVE_INFINITY;
  /** What this step brought about, for the trace. */
  readonly #notes: string[] = [];
  readonly #tracing: boolean;
  #sessions: Sessions | null = null;
  #grants: Grants | null = null;
  #accounts: Accounts | null = null;
  readonly families: TokenFamilies;
  /** Whether secrets are exchanged in this run: then what is signed, or derived, may differ between replicas. */
  readonly rotates: boolean;

  constructor(script: Script, tracing: boolean) {
    this.script = script;
    this.settings = script.settings;
    this.#tracing = tracing;
    this.undisturbed = isUndisturbed(script);
    this.rotates = script.items.some(({ kind }) => kind === "secrets");
    this.families = new TokenFamilies(this);
    this.clocksAre(script.settings.skews);
  }

  /** How far each replica's wall clock is off. */
  clocksAre(skews: readonly number[]): void {
    this.#ahead = Math.max(this.#ahead, ...skews);
    this.#behind = Math.min(this.#behind, ...skews);
    this.apart = this.#ahead - this.#behind;
  }

  /** What a wall clock may say at the most. */
  get latestWall(): number {
    return EPOCH + this.scheduler.now + this.#ahead;
  }

  get sessions(): Sessions {
    if (this.#sessions === null) throw new TypeError("the world has no sessions yet");
    return this.#sessions;
  }

  get grants(): Grants {
    if (this.#grants === null) throw new TypeError("the world has no provider yet");
    return this.#grants;
  }

  get accounts(): Accounts {
    if (this.#accounts === null) throw new TypeError("the world has no accounts yet");
    return this.#accounts;
  }

  furnish(sessions: Sessions, grants: Grants, accounts: Accounts): void {
    this.#sessions = sessions;
    this.#grants = grants;
    this.#accounts = accounts;
  }

  /**
   * Something that must never happen has. The first counts; the run ends with this step. If it is about a session of
   * which the store lost a write that is to break just this rule, it is what came of that.
   */
  violate(rule: RuleNumber, what: string, about: Pick<Known, "id"> | null = null): void {
    const lost = about === null ? [] : this.lost.filter(({ id }) => id === about.id);
    const kinds = [...new Set(lost.map(({ kind }) => kind))].filter((kind) => breaks(kind, rule));
    if (kinds.length > 0) this.follows(kinds, rule, what);
    else this.violation ??= this.#violationOf(rule, what);
  }

  /** A rule was broken because the store lost a write. If it may have been one kind or another, neither is told. */
  follows([kind, ...others]: readonly LostKind[], rule: RuleNumber, what: string): void {
    if (kind === undefined || others.length > 0) return;
    const key = `${kind}: ${rule}`;
    if (!this.consequences.has(key)) this.consequences.set(key, { kind, ...this.#violationOf(rule, what) });
  }

  #violationOf(rule: RuleNumber, what: string): Violation {
    return { rule, what, at: this.scheduler.now, step: this.scheduler.steps };
  }

  note(tell: () => string): void {
    if (this.#tracing) this.#notes.push(tell());
  }

  takeNotes(): readonly string[] {
    return this.#notes.splice(0);
  }
}

const HARMLESS: ReadonlySet<string> = new Set([
  "visit",
  "sweep",
  "end-all",
  "end-one",
  "sign-out",
  "withdraw",
  "copy",
  "secrets",
  "portal",
  "account",
  "program",
  "move",
]);

function isUndisturbed({ settings, items }: Script): boolean {
  const { storeNoise, providerNoise, lookupNoise, tempo } = settings;
  const quiet = storeNoise === 0 && providerNoise === 0 && lookupNoise === 0 && tempo === 0;
  return quiet && items.every(({ kind }) => HARMLESS.has(kind));
}

function breaks(kind: LostKind, rule: RuleNumber): boolean {
  const rules: readonly RuleNumber[] = BREAKS[kind];
  return rules.includes(rule);
}
