/**
 * Writes that count once replicas have them: `WAIT` behind them on the same connection. That connection is the store's
 * own, one for each master, because a `WAIT` holds up all that comes after it, and reads are not to wait for replicas.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { CoatcheckError } from "../../core/errors.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { within } from "../../time/within.ts";
import type { Call } from "./calls.ts";
import { commandOf, isUnknownScript } from "./calls.ts";
import type { Commander, Link, RedisCommand } from "./clients/commander.ts";

/** The most writes that one `WAIT` confirms; a failure is theirs together. */
const BATCH = 256;
/**
 * How long a master may take for a batch, the connection to it included, in milliseconds: less than a call may take by
 * default. Those that come meanwhile wait for it.
 */
const LONGEST = 4_500;
const CLOCK = { sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, omitUndefined({ signal })) };
/** The most times that one write is sent: redirected, or with its script. */
const ATTEMPTS = 6;

interface Waiting {
  readonly call: Call;
  /** Sends the script itself. */
  readonly whole: boolean;
  /** After `ASKING`: the slot is on its way to this master. */
  readonly asking: boolean;
  readonly attempt: number;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** What is on its way to one master. */
interface Lane {
  link: Link | undefined;
  busy: boolean;
  waiting: Waiting[];
}

interface Confirmation {
  /** Behind each batch. */
  readonly command: RedisCommand;
  /** Whether its answer says that enough have the writes. */
  isEnough(answer: unknown): boolean;
}

const countOf = (answer: unknown): number => (typeof answer === "number" ? answer : Number(String(answer)));

/** Asks `replicas` replicas for their word. */
export function byReplicas(replicas: number, limit: number): Confirmation {
  return { command: ["WAIT", String(replicas), String(limit)], isEnough: (answer) => countOf(answer) >= replicas };
}

/** Asks the server, and `replicas` replicas, whether the writes are on their disks. */
export function byDisks(replicas: number, limit: number): Confirmation {
  return {
    command: ["WAITAOF", "1", String(replicas), String(limit)],
    isEnough: (answer) => Array.isArray(answer) && countOf(answer[0]) >= 1 && countOf(answer[1]) >= replicas,
  };
}

/** Where a redirection leads, if an answer is one. */
function redirection(answer: unknown): { readonly master: string; readonly asking: boolean } | undefined {
  const [, kind, master] = (answer instanceof Error && /^(MOVED|ASK) \d+ (\S+)/.exec(answer.message)) || [];
  return master === undefined ? undefined : { master, asking: kind === "ASK" };
}

export class ConfirmedWrites {
  readonly #commander: Commander;
  readonly #confirmation: Confirmation;
  readonly #longest: number;
  readonly #lanes = new Map<string, Lane>();
  #closed = false;

  constructor(commander: Commander, confirmation: Confirmation, longest: number = LONGEST) {
    this.#commander = commander;
    this.#confirmation = confirmation;
    this.#longest = longest;
  }

  /** Answers once the write is confirmed. Rejects if it was not in time: whether it will last is not known. */
  write(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { call, whole: false, asking: false, attempt: 1, resolve, reject };
      this.#enqueue(this.#commander.masterOf(call.key), waiting);
    });
  }

  close(): void {
    this.#closed = true;
    for (const { link } of this.#lanes.values()) link?.close();
  }

  #enqueue(master: string, waiting: Waiting): void {
    const lane = this.#lanes.get(master) ?? { link: undefined, busy: false, waiting: [] };
    this.#lanes.set(master, lane);
    lane.waiting.push(waiting);
    if (!lane.busy) void this.#run(master, lane);
  }

  async #run(master: string, lane: Lane): Promise<void> {
    lane.busy = true;
    // All that this turn brings shares one confirmation, and so does all that comes while one is awaited.
    await Promise.resolve();
    while (lane.waiting.length > 0) await this.#send(master, lane, lane.waiting.splice(0, BATCH));
    lane.busy = false;
  }

  async #send(master: string, lane: Lane, batch: readonly Waiting[]): Promise<void> {
    const commands = batch.flatMap(({ call, whole, asking }): RedisCommand[] => {
      const command = commandOf(call, whole);
      return asking ? [["ASKING"], command] : [command];
    });
    try {
      if (this.#closed) throw new Error("The store is closed.");
      lane.link ??= this.#commander.open(master);
      const sent = lane.link.pipeline([...commands, this.#confirmation.command]);
      const answers = await within(CLOCK, this.#longest, sent, () => silent(this.#longest));
      this.#answer(master, batch, answers);
    } catch (error) {
      lane.link?.close();
      lane.link = undefined;
      for (const { reject } of batch) reject(error);
    }
  }

  #answer(master: string, batch: readonly Waiting[], answers: readonly unknown[]): void {
    const confirmed = this.#confirmation.isEnough(answers.at(-1));
    let at = 0;
    for (const waiting of batch) {
      at += waiting.asking ? 1 : 0;
      const answer = answers[at++];
      const moved = redirection(answer);
      if (moved !== undefined) void this.#redirect(waiting, moved.master, moved.asking);
      else if (isUnknownScript(answer)) this.#again(master, { ...waiting, whole: true }, answer);
      else if (answer instanceof Error) waiting.reject(answer);
      else if (confirmed) waiting.resolve(answer);
      else waiting.reject(unconfirmed());
    }
  }

  async #redirect(waiting: Waiting, master: string, asking: boolean): Promise<void> {
    // The client follows the same redirection, and learns who has the slot.
    await this.#commander.send(waiting.call.key, ["EXISTS", waiting.call.key]).catch(() => {});
    this.#again(master, { ...waiting, asking }, unconfirmed());
  }

  #again(master: string, waiting: Waiting, error: unknown): void {
    if (waiting.attempt >= ATTEMPTS) waiting.reject(error);
    else this.#enqueue(master, { ...waiting, attempt: waiting.attempt + 1 });
  }
}

const unconfirmed = (): CoatcheckError =>
  new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: "Too few replicas or disks confirmed a write in time." });

function silent(longest: number): never {
  throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: `Redis did not answer a write within ${longest} ms.` });
}
