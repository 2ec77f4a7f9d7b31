/** Writes: each is one script or command of one key, on a condition that Redis itself judges. */
import { randomBytes } from "node:crypto";
import type { EndReason, SessionRow } from "../../contracts.ts";
import { textOf } from "./clients/commander.ts";
import { endingMessage } from "./endings.ts";
import type { Keys } from "./keys.ts";
import { decodeMarker, markerTail } from "./marker-text.ts";
import { encodeRow, endedTail, timeText, versionText } from "./row-text.ts";
import { END, MARK, PUT, TOUCH } from "./scripts.ts";
import type { Sender } from "./sender.ts";
import type { Indexes } from "./sets/indexes.ts";
import { groupsOf, SLACK } from "./sets/indexes.ts";
import type { Renewals } from "./sets/renewals.ts";

/** What {@link PUT} answers. */
const REFUSED = 0;
const INDEX_FIRST = 2;
const RENEW_CHANGED = 3;

/** What writes go through, and what they keep in step. */
interface WritesParts {
  readonly keys: Keys;
  readonly sender: Sender;
  readonly indexes: Indexes;
  readonly renewals: Renewals;
}

/** Names one call, so that a script that a client sent twice is known again. */
const nameOfCall = (bytes: number): string => randomBytes(bytes).toString("base64url");

const isOne = (answer: unknown): boolean => Number(answer) === 1;

export class Writes {
  readonly #keys: Keys;
  readonly #sender: Sender;
  readonly #indexes: Indexes;
  readonly #renewals: Renewals;

  constructor({ keys, sender, indexes, renewals }: WritesParts) {
    this.#keys = keys;
    this.#sender = sender;
    this.#indexes = indexes;
    this.#renewals = renewals;
  }

  async insert(row: SessionRow): Promise<boolean> {
    const key = this.#keys.row(row.id);
    const text = encodeRow(row);
    // Not in one go: a client may have several connections, and a script that the server forgot is sent again later.
    await this.#index(row);
    const answer = await this.#sender.write({ run: "SET", key, args: [text, "NX", "PXAT", String(row.expires + SLACK)] });
    if (textOf(answer) !== "OK" && !(await this.#isOwn(key, text))) return false;
    if (row.renewAt !== null) await this.#renewals.tell(row);
    return true;
  }

  async update(row: SessionRow, version: number): Promise<boolean> {
    const key = this.#keys.row(row.id);
    const text = encodeRow(row);
    const message = row.ended === null || row.reason === null ? "" : endingMessage(row.id, row.reason);
    const put = async (indexed: string): Promise<number> => {
      const args = [versionText(version), text, String(row.expires + SLACK), this.#keys.channel, message, indexed];
      return Number(await this.#sender.write({ run: PUT, key, args }));
    };
    let answer = await put("");
    if (answer === INDEX_FIRST) {
      await this.#index(row);
      answer = await put("1");
    }
    if (answer === REFUSED) return false;
    if (answer === RENEW_CHANGED) await this.#renewals.tell(row);
    return true;
  }

  async touch(id: string, seen: number): Promise<boolean> {
    return isOne(await this.#sender.send({ run: TOUCH, key: this.#keys.row(id), args: [timeText(seen)] }));
  }

  /** @param version as scripts compare it; `""`: whichever it has */
  async end(id: string, reason: EndReason, now: number, version = ""): Promise<boolean> {
    const message = endingMessage(id, reason);
    const args = [timeText(now), endedTail(reason), this.#keys.channel, message, version, nameOfCall(16)];
    return isOne(await this.#sender.write({ run: END, key: this.#keys.row(id), args }));
  }

  async mark(key: string, until: number, now: number, value: string): Promise<boolean> {
    const args = [timeText(until), timeText(now), markerTail(key, value), String(until + SLACK), nameOfCall(6)];
    return isOne(await this.#sender.write({ run: MARK, key: this.#keys.marker(key), args }));
  }

  async marked(key: string, now: number): Promise<string | undefined> {
    const text = textOf(await this.#sender.send({ run: "GET", key: this.#keys.marker(key), args: [] }));
    if (text === undefined) return undefined;
    const { until, value } = decodeMarker(text);
    return until <= now ? undefined : value;
  }

  #index(row: SessionRow): Promise<unknown> {
    return Promise.all(groupsOf(this.#keys, row).map((group) => this.#indexes.add(group, row)));
  }

  /**
   * Whether what is stored is this very row, whose secret no other caller has: a client that lost its connection may
   * have sent the write twice, and the second one was refused over the first.
   */
  async #isOwn(key: string, text: string): Promise<boolean> {
    return textOf(await this.#sender.send({ run: "GET", key, args: [] })) === text;
  }
}
