/**
 * The app's own table of users, which says whom a name asserted by the portal means, and the books kept of its
 * look-ups.
 */
import type { Asked } from "../clients/asked.ts";
import { portalName } from "../clients/portal.ts";
import { ownerOf, subjectOf, USERS } from "../clients/users.ts";
import type { Becomes } from "../script/script.ts";
import type { Life } from "../world/replica.ts";
import { currentWork } from "../world/work.ts";
import type { World } from "../world/world.ts";
import type { Known } from "./sessions.ts";

/** What the app's own table says of one of the portal's users. */
export type Account =
  | { readonly kind: "found"; readonly owner: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "blocked"; readonly owner: string };

/** One call of the app's look-up, or of its registration. */
export interface Lookup {
  readonly life: Life;
  readonly subject: string;
  readonly how: "resolve" | "register";
  readonly askedStep: number;
  readonly askedAt: number;
  /** What the process heard, and when; `null` as account: it threw. */
  heard: { readonly step: number; readonly at: number; readonly wall: number; readonly account: Account | null } | null;
}

/** A process was told to forget a user. */
interface Forgotten {
  readonly life: Life;
  readonly step: number;
  readonly name: string;
}

/** All that a process may believe of a user at this moment. */
export interface Answers {
  readonly owners: ReadonlySet<string>;
  readonly unknown: boolean;
  readonly blocked: boolean;
  readonly failed: boolean;
}

/** Longer than this no look-up is waited for. */
const LOOKUP_TIMEOUT = 5_000;

/** The app's table of users, and the journal of who was told what of it. */
export class Accounts {
  readonly #world: World;
  readonly #table = new Map<string, Account>();
  readonly #lookups: Lookup[] = [];
  readonly #forgotten: Forgotten[] = [];

  constructor(world: World) {
    this.#world = world;
    USERS.forEach((subject, user) => {
      this.#table.set(subject, world.settings.proxy?.strangers.includes(user) ? { kind: "unknown" } : this.#known(user));
    });
  }

  /** An administrator changes a user's account. Answers under which name the app has them forgotten. */
  change(user: number, becomes: Becomes): string {
    const subject = subjectOf(user);
    const before = this.read(subject);
    const accounts: { readonly [becomes in Becomes]: () => Account } = {
      known: () => this.#known(user),
      unknown: () => ({ kind: "unknown" }),
      blocked: () => ({ kind: "blocked", owner: this.#ownerOf(user) }),
      merged: () => this.#known((user + 1) % this.#world.settings.users),
    };
    this.#table.set(subject, accounts[becomes]());
    return before.kind === "unknown" ? portalName(subject) : before.owner;
  }

  read(subject: string): Account {
    return this.#table.get(subject) ?? { kind: "unknown" };
  }

  /** The app registers a user, unless there is one already. */
  register(subject: string): Account {
    const before = this.read(subject);
    if (before.kind !== "unknown") return before;
    const made = this.#known(this.#numberOf(subject));
    this.#table.set(subject, made);
    return made;
  }

  asks(life: Life, subject: string, how: Lookup["how"]): Lookup {
    const { steps, now } = this.#world.scheduler;
    const lookup: Lookup = { life, subject, how, askedStep: steps, askedAt: now, heard: null };
    if (how === "register" && this.#isRegistering(life, subject)) {
      this.#world.violate(11, `${life.name} registers ${subject} twice at a time`);
    }
    const asked = currentWork()?.asked;
    if (how === "resolve" && asked != null && this.#isKept(life, subject, asked)) {
      this.#world.violate(11, `${asked.actor} asks for ${subject}, which ${life.name} knows`);
    }
    this.#lookups.push(lookup);
    return lookup;
  }

  /** A process hears what it asked for. */
  hears(lookup: Lookup, account: Account | null): void {
    const { steps, now } = this.#world.scheduler;
    lookup.heard = { step: steps, at: now, wall: lookup.life.wall(), account };
  }

  forgets(life: Life, name: string): void {
    this.#forgotten.push({ life, step: this.#world.scheduler.steps, name });
  }

  /**
   * What may be believed of whom this request names: what was heard since it began, and what was heard before and is
   * still good.
   */
  answersTo(asked: Asked): Answers {
    const owners = new Set<string>();
    let unknown = false;
    let blocked = false;
    let failed = false;
    const lookups = this.#of(asked.life, asked.asserts?.subject ?? "");
    const kept = this.#keptBefore(lookups, asked);
    for (const lookup of lookups) {
      failed ||= this.#fails(lookup, asked);
      const account = this.#goodFor(lookup, asked, kept);
      if (account?.kind === "found") owners.add(account.owner);
      unknown ||= account?.kind === "unknown";
      blocked ||= account?.kind === "blocked";
    }
    return { owners, unknown, blocked, failed };
  }

  /** Whether what a request names ends the session that it shows: it is of another user, or of an unknown one. */
  endsAsChanged(asked: Asked, known: Known): boolean {
    if (asked.asserts === null || asked.ticket?.id !== known.id) return false;
    const { owners, unknown } = this.answersTo(asked);
    return unknown || (known.owner !== null && [...owners].some((owner) => owner !== known.owner));
  }

  endsAsBlocked(asked: Asked, known: Known): boolean {
    return asked.asserts !== null && asked.ticket?.id === known.id && this.answersTo(asked).blocked;
  }

  #of(life: Life, subject: string): readonly Lookup[] {
    return this.#lookups.filter((lookup) => lookup.life === life && lookup.subject === subject);
  }

  #goodFor(lookup: Lookup, asked: Asked, kept: number): Account | null {
    const { heard } = lookup;
    if (heard === null || heard.account === null || this.#isLate(lookup, heard.at) || this.#isForgotten(lookup, asked))
      return null;
    if (heard.step >= asked.begunStep) return heard.account;
    if (heard.step < kept) return null;
    const cacheFor = this.#world.settings.proxy?.cacheFor ?? 0;
    const good = heard.account.kind === "found" ? cacheFor : cacheFor / 6;
    return asked.begunWall < heard.wall + good ? heard.account : null;
  }

  #isRegistering(life: Life, subject: string): boolean {
    const { now } = this.#world.scheduler;
    const all = this.#of(life, subject);
    return all.some((one) => one.how === "register" && one.heard === null && now - one.askedAt < LOOKUP_TIMEOUT);
  }

  /**
   * Whether a process must have kept an answer that is still good. Where claims differ, or users are made, it asks
   * again for good reasons.
   */
  #isKept(life: Life, subject: string, asked: Asked): boolean {
    const { proxy } = this.#world.settings;
    if (proxy === null || proxy.claims || proxy.unknown === "register") return false;
    const all = this.#of(life, subject);
    const step = this.#keptBefore(all, asked);
    return all.some((lookup) => lookup.heard?.step === step && this.#goodFor(lookup, asked, step) !== null);
  }

  /**
   * When the process that answers this request last kept an answer before it began; those from before it are not known
   * any more.
   */
  #keptBefore(lookups: readonly Lookup[], { begunStep }: Asked): number {
    let latest = -1;
    for (const lookup of lookups) {
      const { heard } = lookup;
      if (heard !== null && heard.step < begunStep && heard.step > latest && this.#wasKept(lookup)) latest = heard.step;
    }
    return latest;
  }

  #wasKept({ life, askedAt, askedStep, heard }: Lookup): boolean {
    if (heard === null || heard.account === null || heard.at - askedAt > LOOKUP_TIMEOUT) return false;
    return !this.#forgotten.some((one) => one.life === life && one.step >= askedStep && one.step <= heard.step);
  }

  // A process that stood still hears the answer and its timeout at the same time.
  #isLate({ life, askedAt }: Lookup, at: number): boolean {
    return at - askedAt > LOOKUP_TIMEOUT && !life.wasAway(askedAt, at);
  }

  #isForgotten({ life, subject, askedStep, heard }: Lookup, asked: Asked): boolean {
    return this.#forgotten.some(({ life: where, step, name }) => {
      if (where !== life || askedStep >= step || asked.begunStep <= step) return false;
      const account = heard?.account ?? null;
      return name === portalName(subject) || (account !== null && account.kind !== "unknown" && account.owner === name);
    });
  }

  #fails({ life, askedAt, heard }: Lookup, { begunStep, begunAt }: Asked): boolean {
    if (heard?.account === null) return heard.step >= begunStep;
    const end = askedAt + LOOKUP_TIMEOUT;
    const silent = heard === null || heard.at >= end;
    return silent && this.#world.scheduler.now >= end && (end >= begunAt || life.wasAway(end, begunAt));
  }

  #numberOf(subject: string): number {
    const names: readonly string[] = USERS;
    return names.indexOf(subject);
  }

  #known(user: number): Account {
    return { kind: "found", owner: this.#ownerOf(user) };
  }

  #ownerOf(user: number): string {
    return this.#world.settings.proxy?.accounts === "shared" ? ownerOf(user) : `account ${subjectOf(user)}`;
  }
}
