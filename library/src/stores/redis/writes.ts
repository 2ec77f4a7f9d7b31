/** Writes: each is one script or command of one key, on a condition that Redis itself judges. */
import type { EndReason, SessionRow } from "../../contracts.ts";
import type { Call } from "./calls.ts";
import { commandOf, isUnknownScript } from "./calls.ts";
import type { Commander } from "./clients/commander.ts";
import { textOf } from "./clients/commander.ts";
import { byDisks, byReplicas, ConfirmedWrites } from "./confirmed-writes.ts";
import { endingMessage } from "./endings.ts";
import { membershipCalls, renewCall, SLACK } from "./indexes.ts";
import type { Keys } from "./keys.ts";
import { decodeMarker, markerTail } from "./marker-text.ts";
import { encodeRow, endedTail, timeText, versionText } from "./row-text.ts";
import { END, MARK, PUT, TOUCH } from "./scripts.ts";

/** What {@link PUT} answers. */
const REFUSED = 0;
const INDEX_FIRST = 2;
const RENEW_CHANGED = 3;

/** When a write counts. */
interface WriteOptions {
  readonly confirmTimeout: number;
  readonly replicas: number;
  readonly durability: "normal" | "full";
}

const isOne = (answer: unknown): boolean => Number(answer) === 1;

export class Writes {
  readonly #commander: Commander;
  readonly #keys: Keys;
  readonly #confirmed: ConfirmedWrites | undefined;

  constructor(commander: Commander, keys: Keys, { replicas, confirmTimeout, durability }: WriteOptions) {
    this.#commander = commander;
    this.#keys = keys;
    if (durability === "full") this.#confirmed = new ConfirmedWrites(commander, byDisks(replicas, confirmTimeout));
    else if (replicas > 0) this.#confirmed = new ConfirmedWrites(commander, byReplicas(replicas, confirmTimeout));
  }

  async insert(row: SessionRow): Promise<boolean> {
    const key = this.#keys.row(row.id);
    const text = encodeRow(row);
    // Not in one go: a client may have several connections, and a script that the server forgot is sent again later.
    await this.#index(row);
    const answer = await this.write({ run: "SET", key, args: [text, "NX", "PXAT", String(row.expires + SLACK)] });
    if (textOf(answer) !== "OK") return this.#isOwn(key, text);
    if (row.renewAt !== null) await this.write(renewCall(this.#keys, row));
    return true;
  }

  async update(row: SessionRow, version: number): Promise<boolean> {
    const key = this.#keys.row(row.id);
    const text = encodeRow(row);
    const message = row.ended === null || row.reason === null ? "" : endingMessage(row.id, row.reason);
    const put = async (indexed: string): Promise<number> => {
      const args = [versionText(version), text, String(row.expires + SLACK), this.#keys.channel, message, indexed];
      return Number(await this.write({ run: PUT, key, args }));
    };
    let answer = await put("");
    if (answer === INDEX_FIRST) {
      await this.#index(row);
      answer = await put("1");
    }
    if (answer === REFUSED) return false;
    if (answer === RENEW_CHANGED) await this.write(renewCall(this.#keys, row));
    return true;
  }

  async touch(id: string, seen: number): Promise<boolean> {
    return isOne(await this.send({ run: TOUCH, key: this.#keys.row(id), args: [timeText(seen)] }));
  }

  /** @param version as scripts compare it; `""`: whichever it has */
  async end(id: string, reason: EndReason, now: number, version = ""): Promise<boolean> {
    const args = [timeText(now), endedTail(reason), this.#keys.channel, endingMessage(id, reason), version];
    return isOne(await this.write({ run: END, key: this.#keys.row(id), args }));
  }

  async mark(key: string, until: number, now: number, value: string): Promise<boolean> {
    const args = [timeText(until), timeText(now), markerTail(key, value), String(until + SLACK)];
    return isOne(await this.write({ run: MARK, key: this.#keys.marker(key), args }));
  }

  async marked(key: string, now: number): Promise<string | undefined> {
    const marker = this.#keys.marker(key);
    const text = textOf(await this.send({ run: "GET", key: marker, args: [] }));
    if (text === undefined) return undefined;
    const { until, value } = decodeMarker(text);
    return until <= now ? undefined : value;
  }

  /** A write that counts once it is confirmed, if that is asked for. */
  write(call: Call): Promise<unknown> {
    return this.#confirmed?.write(call) ?? this.send(call);
  }

  /** Sends a call through the app's client. */
  async send(call: Call): Promise<unknown> {
    try {
      return await this.#commander.send(call.key, commandOf(call));
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return this.#commander.send(call.key, commandOf(call, true));
    }
  }

  close(): void {
    this.#confirmed?.close();
  }

  #index(row: SessionRow): Promise<readonly unknown[]> {
    return Promise.all(membershipCalls(this.#keys, row).map((call) => this.write(call)));
  }

  /**
   * Whether what is stored is this very row, whose secret no other caller has: a client that lost its connection may
   * have sent the write twice, and the second one was refused over the first.
   */
  async #isOwn(key: string, text: string): Promise<boolean> {
    return textOf(await this.send({ run: "GET", key, args: [] })) === text;
  }
}
