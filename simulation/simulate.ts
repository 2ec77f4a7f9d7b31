/** Runs one script from its first event to the rest after its last, and asks the judges after every step. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionStore } from "coatcheck/contracts";
import { memory } from "coatcheck/memory";
import { sqlite } from "coatcheck/sqlite";
import { Accounts } from "./backends/accounts.ts";
import { Grants } from "./backends/grants.ts";
import { MovedStores } from "./backends/moved-stores.ts";
import { ReplicatedStore } from "./backends/replicated-store.ts";
import { Sessions } from "./backends/sessions.ts";
import { Browser, Visitor } from "./clients/browsers.ts";
import { actAs, Program } from "./clients/programs.ts";
import { isBroken, judgeRest } from "./judges/rest.ts";
import type { Item, Script } from "./script/script.ts";
import { carryOut, tellEvent } from "./world/events.ts";
import { Replica } from "./world/replica.ts";
import type { Happening } from "./world/scheduler.ts";
import { letRun } from "./world/scheduler.ts";
import type { Consequence, Violation } from "./world/world.ts";
import { World } from "./world/world.ts";

export interface Outcome {
  readonly seed: number;
  readonly steps: number;
  readonly violation: Violation | null;
  /** What came of writes that the store lost although it had acknowledged them. */
  readonly consequences: readonly Consequence[];
  /** What happened, for the curious. */
  readonly counts: { readonly sessions: number; readonly refreshes: number; readonly reuses: number };
}

/** Gets one line for each step, and one for each thing that it brought about. */
export type Tracer = (line: string) => void;

/** A run that takes more steps than this does not come to rest. */
const MOST_STEPS = 40_000;
/** How long after the last event faults go on, and how long requests may take to be answered after that. */
const AFTERMATH = 5_000;
const LONGEST_WAIT = 180_000;

/** Carries a script out, and judges it. The same script gives the same steps. */
export async function simulate(script: Script, trace?: Tracer): Promise<Outcome> {
  const stage = new Stage(script);
  const world = new World(script, trace !== undefined);
  world.replicated = stage.replicated;
  world.moved = stage.moved;
  world.furnish(new Sessions(world), new Grants(world), new Accounts(world));
  try {
    await new Run(world, stage, trace).carryOut();
  } finally {
    await stage.clear();
  }
  const sessions = [...world.sessions.all()].length;
  const { refreshes, reuses } = world.grants;
  const consequences = [...world.consequences.values()];
  const violation = world.violation ?? lossOf(world, consequences);
  return { seed: script.seed, steps: world.scheduler.steps, violation, consequences, counts: { sessions, refreshes, reuses } };
}

/** A store that is to lose one kind of write is judged by what comes of it; else it is a violation to lose any. */
function lossOf({ lost, settings, failedOverStep }: World, [first]: readonly Consequence[]): Violation | null {
  if (settings.loses !== null) return first ?? null;
  const kinds = [...new Set(lost.map(({ kind }) => kind))].toSorted();
  if (kinds.length === 0) return null;
  const at = lost.at(-1)?.at ?? 0;
  return { rule: 12, what: `the failover lost what was acknowledged: ${kinds.join(", ")}`, at, step: failedOverStep };
}

/** The stores of a run: one for all, or one file with a connection for each replica. */
class Stage {
  readonly stores: readonly SessionStore[];
  readonly replicated: ReplicatedStore | null;
  readonly moved: MovedStores | null;
  readonly #directory: string | null;

  constructor({ settings }: Script) {
    this.replicated = settings.store === "confirming" || settings.store === "losing" ? new ReplicatedStore() : null;
    this.moved = settings.store === "moving" ? new MovedStores() : null;
    if (settings.store !== "sqlite") {
      this.#directory = null;
      const store = this.replicated ?? memory();
      this.stores = Array.from({ length: settings.replicas }, () => store);
      return;
    }
    const directory = mkdtempSync(join(tmpdir(), "coatcheck-simulation-"));
    this.#directory = directory;
    this.stores = Array.from({ length: settings.replicas }, (_, index) =>
      sqlite({ path: join(directory, "sessions.db"), cacheRows: index === 0 ? 100 : 0 }),
    );
  }

  async clear(): Promise<void> {
    await this.moved?.close();
    for (const store of new Set(this.stores)) void store.close();
    if (this.#directory !== null) rmSync(this.#directory, { recursive: true, force: true });
  }
}

class Run {
  readonly #world: World;
  readonly #trace: Tracer | undefined;
  readonly #browsers: readonly Browser[];
  readonly #programs: readonly Program[];

  constructor(world: World, stage: Stage, trace: Tracer | undefined) {
    this.#world = world;
    this.#trace = trace;
    stage.stores.forEach((store, index) => {
      world.replicas.push(new Replica(world, index, store));
    });
    const { browsers } = world.settings;
    const people = Array.from({ length: browsers }, (_, index) => new Browser(`browser${index + 1}`));
    this.#programs = people.map((_, index) => new Program(`program${index + 1}`));
    this.#browsers = [...people, new Browser("thief"), new Browser("robot", false)];
  }

  async carryOut(): Promise<void> {
    const { items } = this.#world.script;
    for (const item of items) this.#plan(item);
    await this.#until((items.at(-1)?.at ?? 0) + AFTERMATH);
    this.#calm();
    const { scheduler, openRequests } = this.#world;
    await this.#until(scheduler.now + 5_000);
    await this.#until(scheduler.now + LONGEST_WAIT, () => openRequests.size === 0);
    for (const asked of openRequests) this.#world.violate(10, `${asked.actor} (${asked.purpose}) never got an answer`);
    await this.#until(scheduler.now + 120_000, () => this.#world.move?.isOver !== false);
    if (this.#world.move?.isOver === false) this.#world.violate(14, "the move does not come to its end");
    await this.#comeBack();
    await this.#until(scheduler.now + 20_000, () => !this.#world.promises.some((promise) => isBroken(this.#world, promise)));
    if (this.#world.violation === null) judgeRest(this.#world);
  }

  #plan(item: Item): void {
    const world = this.#world;
    if (item.kind === "program") this.#planProgram(item);
    else if (item.kind === "visit") {
      const browser = this.#browsers[item.browser];
      const run = (): void => {
        if (browser !== undefined) new Visitor(world, browser, item).go();
      };
      const actor = `${browser?.name ?? "no browser"}/${item.tab} #${item.id}`;
      world.scheduler.after(item.at, { place: null, actor, tell: () => `wants to ${item.errand}`, run, wakes: false });
    } else {
      const run = (): void => carryOut(world, this.#browsers, item);
      world.scheduler.after(item.at, { place: null, actor: `event #${item.id}`, tell: () => tellEvent(item), run, wakes: true });
    }
  }

  #planProgram(item: Extract<Item, { readonly kind: "program" }>): void {
    const world = this.#world;
    const [browser, program] = [this.#browsers[item.browser], this.#programs[item.browser]];
    const run = (): void => {
      if (browser !== undefined && program !== undefined) actAs(world, program, browser, item);
    };
    const actor = `${program?.name ?? "no program"} #${item.id}`;
    world.scheduler.after(item.at, { place: null, actor, tell: () => `is to ${item.act}`, run, wakes: false });
  }

  /** From now on nothing goes wrong. */
  #calm(): void {
    const world = this.#world;
    world.calm = true;
    world.replicated?.heal();
    for (const replica of world.replicas) {
      if (replica.life.state === "dead") replica.start();
      for (const life of replica.lives) life.resume();
    }
  }

  /** All users come back, and are served, or told that their session is over. */
  async #comeBack(): Promise<void> {
    const { scheduler, script } = this.#world;
    let id = Math.max(0, ...script.items.map((item) => item.id));
    for (const [index, browser] of this.#browsers.entries()) {
      let served = browser.ticket === null && browser.named === null;
      for (let tries = 0; tries < 10 && !served && this.#world.violation === null; tries++) {
        id += 1;
        const errand = tries % 2 === 0 ? "token" : "members";
        const via = script.settings.proxy === null ? "direct" : "portal";
        const visit = { kind: "visit", browser: index, tab: 0, errand, via, user: index, pause: 0, hangsUpAfter: null } as const;
        const item = { ...visit, replica: (index + tries) % script.settings.replicas, at: scheduler.now, id };
        let heard = false;
        new Visitor(this.#world, browser, item, (asked, { status, code }) => {
          heard = true;
          const known = this.#world.sessions.get(asked.ticket?.id ?? "");
          served =
            status === 200 ||
            status === 401 ||
            (via === "portal" && status === 403) ||
            (code === "ERR_TOKEN_UNAVAILABLE" && (known?.family === null || via === "portal"));
        }).go();
        await this.#until(scheduler.now + 60_000, () => heard);
        if (!served) await this.#until(scheduler.now + 20_000);
      }
      if (!served) this.#world.violate(10, `${browser.name} is still not served, minutes after the last fault`);
    }
  }

  async #until(time: number, enough: () => boolean = () => false): Promise<void> {
    const world = this.#world;
    const { scheduler } = world;
    while (world.violation === null && !enough()) {
      const happening = scheduler.next(time);
      if (happening === undefined) break;
      happening.run();
      if (happening.wakes) await letRun();
      if (this.#trace !== undefined) this.#tell(happening, this.#trace);
      if (scheduler.steps > MOST_STEPS) world.violate(10, "the run does not come to rest");
    }
    if (scheduler.now < time && world.violation === null && !enough()) scheduler.now = time;
  }

  #tell({ place, actor, tell }: Happening, trace: Tracer): void {
    const { now, steps } = this.#world.scheduler;
    const where = place === null ? "" : place.name;
    trace(`${String(steps).padStart(5)} ${(now / 1_000).toFixed(3).padStart(9)} s  ${where.padEnd(3)} ${actor}: ${tell()}`);
    for (const note of this.#world.takeNotes()) trace(`${" ".repeat(24)}${note}`);
  }
}
