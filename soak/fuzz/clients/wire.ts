/**
 * A strict reader of HTTP/1.1 answers on one connection: what is not framed as RFC 9112 says is a fault, never guessed
 * at.
 */

/** What the reader has to know of the request whose turn it is. */
export interface Turn {
  readonly method: string;
  /** The minor version that the client spoke. */
  readonly minor: 0 | 1;
  /** Whether it asked for another protocol. */
  readonly upgrades: boolean;
}

export interface Head {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
}

/** An answer as far as it came. */
export interface Answer extends Head {
  /** Which request of the connection it answers, by its place. */
  readonly turn: number;
  readonly interim: readonly Head[];
  readonly body: Buffer;
  readonly trailers: readonly (readonly [string, string])[];
  complete: boolean;
  /** Whether the connection ends with it. */
  readonly closes: boolean;
}

/** Values of a header, names in lower case. */
export function valuesOf({ headers }: Pick<Head, "headers">, name: string): readonly string[] {
  return headers.filter(([key]) => key === name).map(([, value]) => value);
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-9]\d\d) [\t\x20-\x7e\x80-\xff]*$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const CHUNK_LINE = /^([0-9A-Fa-f]{1,8})$/;
const ONCE = ["content-length", "transfer-encoding", "connection", "keep-alive", "date"];
const LARGEST_HEAD = 262_144;

type State =
  | "head"
  | "length"
  | "chunk-line"
  | "chunk"
  | "chunk-end"
  | "trailers"
  | "until-close"
  | "tunnel"
  | "broken"
  | "closed";

/** Bytes that are not framed as they have to be. */
class Unframed extends Error {}

export class AnswerReader {
  readonly answers: Answer[] = [];
  /** What came after a 101. */
  readonly tunnel: Buffer[] = [];
  fault: string | null = null;
  #state: State = "head";
  #left = 0;
  #pending: Buffer = Buffer.alloc(0);
  #interim: Head[] = [];
  #current: (Head & { readonly turn: number; readonly closes: boolean }) | null = null;
  #parts: Buffer[] = [];
  readonly #turn: (place: number) => Turn | undefined;
  readonly #changed: () => void;

  /** `turn`: the request at a place, as far as it was sent; `changed` is called for each answer and interim answer. */
  constructor(turn: (place: number) => Turn | undefined, changed: () => void) {
    this.#turn = turn;
    this.#changed = changed;
  }

  get inTunnel(): boolean {
    return this.#state === "tunnel";
  }

  /** Interim answers that wait for their answer. */
  get interim(): readonly Head[] {
    return this.#interim;
  }

  feed(chunk: Buffer): void {
    if (this.fault !== null) return;
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    try {
      while (this.#pending.length > 0 && this.#step());
    } catch (error) {
      if (!(error instanceof Unframed)) throw error;
      this.fault = error.message;
      this.#state = "broken";
    }
  }

  /** The connection is over; `clean`: by an end, not by a reset. */
  end(clean: boolean): void {
    if (this.#state === "until-close" && clean) this.#finish([]);
    else if (this.#current !== null) this.#keep([], false);
    else if (this.#state === "head" && this.#pending.length > 0 && clean)
      this.fault ??= "the connection ended within the head of an answer";
  }

  /** Takes what it can of the pending bytes; `false`: more are needed. */
  #step(): boolean {
    switch (this.#state) {
      case "head":
        return this.#readHead();
      case "length":
      case "chunk":
        return this.#readBody();
      case "chunk-line":
        return this.#readChunkLine();
      case "chunk-end":
        if (this.#pending.length < 2) return false;
        if (this.#take(2).toString("latin1") !== "\r\n") throw new Unframed("a chunk is longer than it says");
        this.#state = "chunk-line";
        return true;
      case "trailers":
        return this.#readTrailers();
      case "until-close":
        this.#parts.push(this.#take(this.#pending.length));
        return false;
      case "tunnel":
        this.tunnel.push(this.#take(this.#pending.length));
        this.#changed();
        return false;
      case "closed":
        throw new Unframed(`bytes after an answer that closes the connection: ${shown(this.#pending)}`);
      case "broken":
        return false;
    }
  }

  #readHead(): boolean {
    const turn = this.#turn(this.answers.length);
    if (turn === undefined) throw new Unframed(`bytes that no request asked for: ${shown(this.#pending)}`);
    const end = this.#pending.indexOf("\r\n\r\n");
    if (end < 0) {
      if (this.#pending.length > LARGEST_HEAD) throw new Unframed("a head without an end");
      if (
        !"HTTP/1.1 ".startsWith(this.#pending.toString("latin1", 0, 9)) &&
        !this.#pending.toString("latin1", 0, 9).startsWith("HTTP/1.1 ")
      )
        throw new Unframed(`not the beginning of an answer: ${shown(this.#pending)}`);
      return false;
    }
    const [first = "", ...lines] = this.#take(end + 4)
      .toString("latin1", 0, end)
      .split("\r\n");
    const status = Number(STATUS_LINE.exec(first)?.[1]);
    if (Number.isNaN(status)) throw new Unframed(`not a status line: ${JSON.stringify(first.slice(0, 120))}`);
    const head = { status, headers: headersOf(lines) };
    if (status < 200 && status !== 101) this.#takeInterim(head, turn);
    else this.#begin(head, turn);
    return true;
  }

  #takeInterim(head: Head, { minor }: Turn): void {
    if (minor === 0) throw new Unframed(`${head.status} to a client of HTTP/1.0`);
    if (valuesOf(head, "content-length").length + valuesOf(head, "transfer-encoding").length > 0)
      throw new Unframed(`${head.status} with a length`);
    this.#interim.push(head);
    this.#changed();
  }

  #begin(head: Head, turn: Turn): void {
    for (const name of ONCE)
      if (valuesOf(head, name).length > 1) throw new Unframed(`${name} stands twice in an answer ${head.status}`);
    const [length] = valuesOf(head, "content-length");
    const [coding] = valuesOf(head, "transfer-encoding");
    const options = valuesOf(head, "connection").join(",").toLowerCase();
    if (head.status === 101) {
      if (!turn.upgrades) throw new Unframed("101 to a request that asked for no other protocol");
      this.#current = { ...head, turn: this.answers.length, closes: true };
      this.#finish([]);
      this.#state = "tunnel";
      return;
    }
    const bodiless = turn.method === "HEAD" || head.status === 204 || head.status === 304;
    if (head.status === 204 && length !== undefined) throw new Unframed("204 with a content-length");
    if (coding !== undefined && (length !== undefined || coding.toLowerCase() !== "chunked"))
      throw new Unframed(`an answer is framed by content-length ${length} and transfer-encoding ${coding}`);
    if (coding !== undefined && turn.minor === 0) throw new Unframed("transfer-encoding to a client of HTTP/1.0");
    if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new Unframed(`content-length: ${length}`);
    const kept = turn.minor === 1 ? !/\bclose\b/.test(options) : /\bkeep-alive\b/.test(options);
    this.#current = { ...head, turn: this.answers.length, closes: !kept };
    if (bodiless || length === "0") this.#finish([]);
    else if (coding !== undefined) this.#state = "chunk-line";
    else if (length !== undefined) [this.#state, this.#left] = ["length", Number(length)];
    else if (kept) throw new Unframed(`an answer ${head.status} without a length on a connection that stays`);
    else this.#state = "until-close";
  }

  #readBody(): boolean {
    const part = this.#take(Math.min(this.#left, this.#pending.length));
    this.#parts.push(part);
    this.#left -= part.length;
    if (this.#left > 0) return false;
    if (this.#state === "chunk") this.#state = "chunk-end";
    else this.#finish([]);
    return true;
  }

  #readChunkLine(): boolean {
    const end = this.#pending.indexOf("\r\n");
    if (end < 0) {
      if (this.#pending.length > 10) throw new Unframed(`not a chunk: ${shown(this.#pending)}`);
      return false;
    }
    const size = CHUNK_LINE.exec(this.#take(end + 2).toString("latin1", 0, end))?.[1];
    if (size === undefined) throw new Unframed("a chunk without a size");
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailers" : "chunk";
    return true;
  }

  #readTrailers(): boolean {
    const empty = this.#pending.length >= 2 && this.#pending.toString("latin1", 0, 2) === "\r\n";
    const end = empty ? 0 : this.#pending.indexOf("\r\n\r\n");
    if (end < 0 || (this.#pending.length < 2 && !empty)) return false;
    const text = this.#take(empty ? 2 : end + 4).toString("latin1", 0, end);
    this.#finish(empty ? [] : headersOf(text.split("\r\n")));
    return true;
  }

  #finish(trailers: Answer["trailers"]): void {
    const closes = this.#current?.closes === true;
    this.#keep(trailers, true);
    this.#state = closes ? "closed" : "head";
  }

  #keep(trailers: Answer["trailers"], complete: boolean): void {
    if (this.#current === null) return;
    this.answers.push({ ...this.#current, interim: this.#interim, body: Buffer.concat(this.#parts), trailers, complete });
    [this.#current, this.#interim, this.#parts] = [null, [], []];
    this.#changed();
  }

  #take(count: number): Buffer {
    const taken = this.#pending.subarray(0, count);
    this.#pending = this.#pending.subarray(count);
    return taken;
  }
}

function headersOf(lines: readonly string[]): readonly (readonly [string, string])[] {
  return lines.map((line) => {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Unframed(`not a header line: ${JSON.stringify(line.slice(0, 120))}`);
    return [name.toLowerCase(), value] as const;
  });
}

const shown = (bytes: Buffer): string => JSON.stringify(bytes.toString("latin1", 0, 120));
