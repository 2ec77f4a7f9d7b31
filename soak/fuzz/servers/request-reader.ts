/** A strict reader of the requests that the gateway sends: what two servers could read in two ways is a fault. */

export class Request {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  body: Buffer = Buffer.alloc(0);

  constructor(method: string, target: string, headers: readonly (readonly [string, string])[]) {
    this.method = method;
    this.target = target;
    this.headers = headers;
  }

  all(name: string): readonly string[] {
    return this.headers.filter(([key]) => key === name).map(([, value]) => value);
  }

  /** The only value of a header; nothing where it is not there. */
  header(name: string): string {
    return this.all(name)[0] ?? "";
  }
}

interface Hearers {
  readonly head: (request: Request) => void;
  readonly end: (request: Request) => void;
}

const REQUEST_LINE = /^([A-Z]+) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\t\x20-\x7e\x80-\xff]*)$/;
/** What may stand only once, or it is unknown which one counts. */
const ONCE = [
  "host",
  "content-length",
  "transfer-encoding",
  "authorization",
  "connection",
  "x-auth-request-user",
  "x-forwarded-for",
];
/** What belongs to the client's connection, or to the gateway. */
const NEVER = ["te", "trailer", "keep-alive", "proxy-connection", "expect", "x-smuggled"];

export class RequestReader {
  fault: string | null = null;
  /** What comes now is no request any more. */
  upgraded = false;
  readonly #hearers: Hearers;
  #pending: Buffer = Buffer.alloc(0);
  #current: Request | null = null;
  #parts: Buffer[] = [];
  #left: number | "chunks" = 0;

  constructor(hearers: Hearers) {
    this.#hearers = hearers;
  }

  feed(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length > 0 && this.fault === null && !this.upgraded) {
      if (this.#current === null ? !this.#readHead() : !this.#readBody(this.#current)) return;
    }
  }

  #readHead(): boolean {
    const end = this.#pending.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const [first = "", ...lines] = this.#pending.toString("latin1", 0, end).split("\r\n");
    this.#pending = this.#pending.subarray(end + 4);
    const [, method, target] = REQUEST_LINE.exec(first) ?? [];
    const headers = lines
      .map((line) => HEADER_LINE.exec(line))
      .map((match) => [match?.[1]?.toLowerCase() ?? "", match?.[2] ?? ""] as const);
    if (method === undefined || target === undefined)
      return this.#complain(`not a request line: ${JSON.stringify(first.slice(0, 200))}`);
    const request = new Request(method, target, headers);
    const wrong = wrongWith(request);
    if (wrong !== null) return this.#complain(`${wrong}: ${first.slice(0, 200)}`);
    this.#current = request;
    this.#left = request.header("transfer-encoding") === "" ? Number(request.header("content-length")) : "chunks";
    this.#hearers.head(request);
    if (this.#left === 0) this.#finish(request);
    return true;
  }

  #readBody(request: Request): boolean {
    if (this.#left === "chunks") return this.#readChunk(request);
    const part = this.#pending.subarray(0, this.#left);
    this.#pending = this.#pending.subarray(part.length);
    this.#parts.push(part);
    this.#left -= part.length;
    if (this.#left === 0) this.#finish(request);
    return true;
  }

  #readChunk(request: Request): boolean {
    const end = this.#pending.indexOf("\r\n");
    if (end < 0) return false;
    const line = this.#pending.toString("latin1", 0, end);
    const size = /^[0-9a-f]+$/i.test(line) ? Number.parseInt(line, 16) : Number.NaN;
    if (Number.isNaN(size)) return this.#complain(`not a chunk: ${JSON.stringify(line.slice(0, 40))}`);
    if (this.#pending.length < end + 4 + size) return false;
    this.#parts.push(this.#pending.subarray(end + 2, end + 2 + size));
    this.#pending = this.#pending.subarray(end + 4 + size);
    if (size === 0) this.#finish(request);
    return true;
  }

  #finish(request: Request): void {
    request.body = Buffer.concat(this.#parts);
    [this.#current, this.#parts, this.#left] = [null, [], 0];
    this.upgraded = request.header("upgrade") !== "";
    this.#hearers.end(request);
  }

  #complain(fault: string): boolean {
    this.fault = `the gateway sent a request with ${fault}`;
    return false;
  }
}

function wrongWith(request: Request): string | null {
  if (request.headers.some(([name]) => name === "")) return "a line that is no header";
  const twice = ONCE.find((name) => request.all(name).length > 1);
  if (twice !== undefined) return `${twice} twice`;
  const never = NEVER.find((name) => request.all(name).length > 0);
  if (never !== undefined) return `${never}: ${request.header(never)}`;
  const [length, coding] = [request.header("content-length"), request.header("transfer-encoding")];
  if (length !== "" && coding !== "") return "two framings";
  if (length !== "" && !/^\d+$/.test(length)) return `content-length ${length}`;
  if (coding !== "" && coding !== "chunked") return `transfer-encoding ${coding}`;
  if (/coatcheck/.test(request.header("cookie"))) return "a cookie of the gateway";
  return null;
}
