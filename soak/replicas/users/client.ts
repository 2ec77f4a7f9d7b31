/** Requests to the balancer, repeated as far as a browser or a careful program repeats them. */
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Asking, get, type Reply } from "../../ask.ts";

/** A request that got no answer for so long is stuck: no outage of a run lasts as long. */
const LONGEST = 60_000;

/** What came of a request; without a reply it may have been carried out. */
export interface Heard {
  /** The replica that answered; the balancer itself has no name. */
  readonly by: string;
  readonly from: number;
  readonly at: number;
  readonly reply: Reply | null;
  /** Of a request that is stuck: what it got last. */
  readonly last?: string;
}

/** Stands between users and the balancer; for tests that plant a fault. */
export interface Plant {
  /** Other headers than those that were to be sent. */
  send?(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
  /** An answer to a request that is not sent at all. */
  answer?(method: string, path: string): Reply | undefined;
}

export type Sending = Pick<Asking, "method" | "body"> & { readonly headers: Readonly<Record<string, string>> };

export class Client {
  readonly host: string;
  readonly #port: number;
  readonly #plant: Plant;
  readonly #agent = new Agent({ keepAlive: true });
  sent = 0;
  /** Without an answer of a replica. */
  broken = 0;
  /** 503 with `Retry-After`, by the code that the answer names. */
  readonly postponed = new Map<string, number>();
  readonly served = new Map<string, number>();
  longest = 0;

  constructor(port: number, host: string, plant: Plant = {}) {
    this.#port = port;
    this.host = host;
    this.#plant = plant;
  }

  /** Sends it once. */
  async send(path: string, { headers, ...rest }: Sending): Promise<Heard> {
    const from = Date.now();
    this.sent += 1;
    const target = new URL(path, `http://127.0.0.1:${this.#port}`);
    const given = { host: this.host, ...headers };
    const all = this.#plant.send?.(given) ?? given;
    const planted = this.#plant.answer?.(rest.method ?? "GET", path);
    const reply = planted ?? (await get(target, all, { ...rest, agent: this.#agent }).catch(() => null));
    const by = String(reply?.headers["x-replica"] ?? "");
    const at = Date.now();
    if (reply === null || by === "") {
      this.broken += 1;
      return { by: "the balancer", from, at, reply: null };
    }
    this.served.set(by, (this.served.get(by) ?? 0) + 1);
    if (isLater(reply)) {
      const code = /"(ERR_[A-Z_]+)"/.exec(reply.text)?.[1] ?? reply.text.slice(0, 80);
      this.postponed.set(code, (this.postponed.get(code) ?? 0) + 1);
    }
    return { by, from, at, reply };
  }

  /** Sends what may be sent again, until it is answered; without a reply in the end it is stuck. */
  async ask(path: string, sending: Sending): Promise<Heard> {
    const begun = Date.now();
    for (;;) {
      const heard = await this.send(path, sending);
      const done = heard.reply !== null && !isLater(heard.reply);
      this.longest = Math.max(this.longest, heard.at - begun);
      if (done) return heard;
      if (heard.at - begun > LONGEST)
        return { ...heard, reply: null, last: `${heard.reply?.status} ${heard.reply?.text.slice(0, 300)}` };
      await sleep(Math.min(Number(heard.reply?.headers["retry-after"] ?? 0.1), 1) * 1_000);
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

const isLater = ({ status, headers }: Reply): boolean => status === 503 && Number(headers["retry-after"]) > 0;

/** A member of an answer that is JSON. */
export function memberOf({ text }: Reply, name: string): unknown {
  try {
    return Reflect.get(Object(JSON.parse(text)), name);
  } catch {
    return undefined;
  }
}
