/** Stands between all clients and a provider, and counts what is asked of it. It can be slow, and it can be gone. */
import { once } from "node:events";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalServer } from "./local-server.ts";

/** One request for tokens, or one revocation. */
export interface Call {
  readonly at: number;
  /** When the provider had answered. */
  readonly answered: number;
  readonly path: string;
  /** `authorization_code`, `refresh_token`, or nothing where it is no token request. */
  readonly grant: string | undefined;
  readonly clientId: string | undefined;
  readonly refreshToken: string | undefined;
  readonly status: number;
  /** The code of an OAuth error. */
  readonly error: string | undefined;
  /** What the provider gave. */
  readonly given: { readonly accessToken?: string; readonly refreshToken?: string };
}

const WORTH_NOTING = /token|revo/;

export class Recorder {
  readonly calls: Call[] = [];
  #target: number;
  readonly #port: number;
  readonly #server: LocalServer;
  #pause = 0;

  constructor(port: number, target: number) {
    this.#port = port;
    this.#target = target;
    this.#server = new LocalServer(port, (request, response) => {
      this.#pass(request, response).catch(() => response.destroy());
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Where the provider is, where that is not the place that was meant for it. */
  leadTo(port: number): void {
    this.#target = port;
  }

  async open(): Promise<void> {
    await this.#server.open();
  }

  /** From now on connections are refused. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  /** Keeps every answer to a token request back for so long. */
  slow(milliseconds: number): void {
    this.#pause = milliseconds;
  }

  /** Token requests since a moment. */
  since(at: number, grant: string): readonly Call[] {
    return this.calls.filter((call) => call.at >= at && call.grant === grant);
  }

  async #pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method, url = "/", headers } = incoming;
    const sent = request({ host: "127.0.0.1", port: this.#target, path: url, method, headers, agent: false });
    sent.end(body);
    const [answer]: IncomingMessage[] = await once(sent, "response");
    if (answer === undefined) throw new Error("there is no answer");
    const parts: Buffer[] = [];
    for await (const chunk of answer) parts.push(chunk);
    const content = Buffer.concat(parts);
    const path = url.split("?")[0] ?? url;
    if (method === "POST" && WORTH_NOTING.test(path)) {
      this.calls.push(noted({ at, path, headers, status: answer.statusCode ?? 0 }, body.toString(), content.toString()));
      if (this.#pause > 0) await sleep(this.#pause);
    }
    response.writeHead(answer.statusCode ?? 502, withoutFraming(answer.rawHeaders));
    response.end(content);
  }
}

function noted(
  { at, path, headers, status }: Pick<Call, "at" | "path" | "status"> & Pick<IncomingMessage, "headers">,
  sent: string,
  answered: string,
): Call {
  const form = new URLSearchParams(sent);
  const given = members(answered);
  const refreshToken = form.get("refresh_token") ?? form.get("token") ?? undefined;
  return {
    at,
    answered: Date.now(),
    path,
    grant: form.get("grant_type") ?? undefined,
    clientId: form.get("client_id") ?? basicUser(headers.authorization),
    refreshToken,
    status,
    error: given("error"),
    given: {
      ...(given("access_token") === undefined ? {} : { accessToken: given("access_token") ?? "" }),
      ...(given("refresh_token") === undefined ? {} : { refreshToken: given("refresh_token") ?? "" }),
    },
  };
}

function basicUser(authorization = ""): string | undefined {
  const [, encoded] = /^Basic (.+)$/.exec(authorization) ?? [];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString().split(":")[0];
}

function members(text: string): (name: string) => string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = null;
  }
  return (name) => {
    const value: unknown = Reflect.get(Object(parsed), name);
    return typeof value === "string" ? value : undefined;
  };
}

/** Headers as they came, but for those that say how the body is framed, which it no longer is. */
function withoutFraming(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name = "", value = ""] = [raw[index], raw[index + 1]];
    if (!/^(transfer-encoding|content-length|connection|keep-alive)$/i.test(name)) kept.push(name, value);
  }
  return kept;
}
