/** A provider's answer that has been read whole, as the `Response` that openid-client takes. */

/** The headers of an answer; the `Headers` object is made only if all of it is needed. */
export interface AnswerHeaders {
  get(name: string): string | null;
  all(): Headers;
}

/** The headers as they came: names and values in turns. Most answers are asked for one of them. */
export function rawHeaders(raw: readonly string[]): AnswerHeaders {
  return {
    get(name) {
      const values: string[] = [];
      for (let at = 0; at + 1 < raw.length; at += 2) {
        const found = raw[at] ?? "";
        if (found.length === name.length && found.toLowerCase() === name) values.push((raw[at + 1] ?? "").trim());
      }
      return values.length === 0 ? null : values.join(", ");
    },
    all() {
      const headers = new Headers();
      for (let at = 0; at + 1 < raw.length; at += 2) headers.append(raw[at] ?? "", raw[at + 1] ?? "");
      return headers;
    },
  };
}

/** Those of a `Headers` object. */
export const headersOf = (headers: Headers): AnswerHeaders => ({ get: (name) => headers.get(name), all: () => headers });

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * A body in memory needs no web streams, which would cost a refresh more than all that is checked of its answer (F-71).
 * It can be read again and again. openid-client knows a `Response` by its tag.
 */
export class ReadResponse implements Response {
  readonly status: number;
  /** As they came. */
  readonly fields: AnswerHeaders;
  readonly #body: Uint8Array<ArrayBuffer> | object;
  #text: string | null = null;
  #headers: Headers | null = null;

  /** @param body what was read, or what it said if it has been parsed; lives on in what `json()` answers */
  constructor(status: number, fields: AnswerHeaders, body: Uint8Array<ArrayBuffer> | object) {
    this.status = status;
    this.fields = fields;
    this.#body = body;
  }

  get [Symbol.toStringTag](): string {
    return "Response";
  }

  /** What `text()` answers. */
  get content(): string {
    const body = this.#body;
    this.#text ??= body instanceof Uint8Array ? decoder.decode(body) : JSON.stringify(body);
    return this.#text;
  }

  get headers(): Headers {
    this.#headers ??= this.fields.all();
    return this.#headers;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get statusText(): string {
    return "";
  }

  get redirected(): boolean {
    return false;
  }

  get type(): ResponseType {
    return "default";
  }

  get url(): string {
    return "";
  }

  get body(): null {
    return null;
  }

  get bodyUsed(): boolean {
    return false;
  }

  text(): Promise<string> {
    return Promise.resolve(this.content);
  }

  async json(): Promise<unknown> {
    return this.#body instanceof Uint8Array ? JSON.parse(this.content) : this.#body;
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(this.#body instanceof Uint8Array ? this.#body : encoder.encode(this.content));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(await this.bytes()).buffer;
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: this.fields.get("content-type") ?? "" });
  }

  formData(): Promise<FormData> {
    return new Response(this.content, { headers: this.headers }).formData();
  }

  clone(): ReadResponse {
    return new ReadResponse(this.status, this.fields, this.#body);
  }
}
