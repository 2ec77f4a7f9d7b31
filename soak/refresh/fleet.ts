/** The load balancer: sends a request to a gateway that answers, and retries as a proxy would. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Reply } from "../ask.ts";
import { getFrom } from "../ask.ts";
import type { Random } from "../random.ts";
import type { Gateway } from "./gateway.ts";

/**
 * A request that got no answer for so long is stuck, and so is its session: nearly six leases, each of whose holders
 * would have died.
 */
const LONGEST = 40_000;

/** An answer, and who gave it when. */
export interface Answered {
  readonly kind: "answered";
  readonly by: string;
  readonly at: number;
  readonly reply: Reply;
}
/** No gateway answered, or only that it should be tried again. */
export interface Stuck {
  readonly kind: "stuck";
  readonly by: string;
  readonly at: number;
  readonly last: string;
}

/**
 * The load balancer: spreads requests over the gateways that are in rotation, and repeats on another what broke on the
 * way.
 */
export class Fleet {
  readonly gateways: readonly Gateway[];
  readonly host: string;
  readonly #random: Random;
  /** Requests that went out, repeats included. */
  sent = 0;
  broken = 0;
  /** 503 with `Retry-After`, by the code that the answer names. */
  readonly postponed = new Map<string, number>();
  /** The longest that a request took, all repeats together, milliseconds. */
  longest = 0;

  constructor(gateways: readonly Gateway[], host: string, random: Random) {
    this.gateways = gateways;
    this.host = host;
    this.#random = random;
  }

  /** Any gateway in rotation; waits for one. */
  async any(): Promise<Gateway> {
    for (;;) {
      const gateway = this.#random.pick(this.gateways.filter(({ inRotation }) => inRotation));
      if (gateway !== undefined) return gateway;
      await sleep(20);
    }
  }

  /**
   * One GET, repeated as a load balancer repeats what broke, and as a client repeats what got 503 with `Retry-After`.
   */
  async ask(path: string, headers: Readonly<Record<string, string>>): Promise<Answered | Stuck> {
    const begun = Date.now();
    const deadline = begun + LONGEST;
    for (let last = "nothing"; ; ) {
      const gateway = await this.any();
      const by = gateway.life;
      this.sent += 1;
      const reply = await getFrom(gateway, this.host, path, headers).catch((error: unknown) => {
        last = String(error);
        return null;
      });
      const again = reply?.status === 503 ? Number(reply.headers["retry-after"]) : Number.NaN;
      const at = Date.now();
      this.longest = Math.max(this.longest, at - begun);
      if (reply !== null && !(again > 0)) return { kind: "answered", by, at, reply };
      if (at > deadline) return { kind: "stuck", by, at, last };
      if (reply === null) this.broken += 1;
      else {
        const code = codeOf(reply);
        this.postponed.set(code, (this.postponed.get(code) ?? 0) + 1);
        last = `503 ${code}`;
      }
      await sleep(reply === null ? 10 : Math.min(again, 10) * 1_000);
    }
  }
}

/** The code of an answer that is a problem. */
function codeOf({ text }: Reply): string {
  return /"(ERR_[A-Z_]+)"/.exec(text)?.[1] ?? text.slice(0, 80);
}
