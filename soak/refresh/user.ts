/** A user with several tabs: signs in, sends requests around every expiry, and keeps a diary. */
import { setTimeout as sleep } from "node:timers/promises";
import { getFrom, Jar, PAGE, SCRIPT } from "../ask.ts";
import type { Random } from "../random.ts";
import { locationOf, through } from "../redirects.ts";
import type { Answered, Fleet, Stuck } from "./fleet.ts";
import type { Answer, Known } from "./journal.ts";

const TABS = 3;
const REQUESTS = 20;
const LOGIN_TRIES = 60;

/** What users leave behind for the judge, and for the one who watches. */
export interface Diary {
  readonly sessions: Known[];
  readonly answers: Answer[];
  expiries: number;
  requests: number;
}

interface SignedIn extends Known {
  readonly cookie: string;
}

/** Where the requests of a tab fall, milliseconds from the moment at which the access token runs out. */
const SHAPES = [
  [-1_200, 400],
  [-60, 60],
  [5, 250],
] as const;

/** A user with three tabs, busy whenever the access token runs out; signs in again when signed out. */
export class User {
  readonly #name: string;
  readonly #fleet: Fleet;
  readonly #diary: Diary;
  readonly #random: Random;
  #logins = 0;
  #me: SignedIn | null = null;

  constructor(name: string, fleet: Fleet, diary: Diary, random: Random) {
    this.#name = name;
    this.#fleet = fleet;
    this.#diary = diary;
    this.#random = random;
  }

  /** Lives through so many expiries. */
  async live(expiries: number, signal: AbortSignal): Promise<void> {
    for (let count = 0; count < expiries && !signal.aborted; ) {
      this.#me ??= await this.#signIn(signal);
      const expires = await this.#look(this.#me);
      if (expires === null) this.#me = null;
      else {
        await this.#around(this.#me, expires, signal);
        count += 1;
        this.#diary.expiries += 1;
      }
    }
  }

  /** Looks once more, when all is quiet: the session is whole, or over. */
  async lookBack(): Promise<void> {
    if (this.#me !== null) await this.#look(this.#me);
  }

  /** Three tabs with twenty requests each, all done. */
  async #around(me: SignedIn, expires: number, signal: AbortSignal): Promise<void> {
    const [from, to] = this.#random.pick(SHAPES) ?? SHAPES[0];
    const tab = async (): Promise<void> => {
      const moments = Array.from({ length: REQUESTS }, () => expires + this.#random.between(from, to));
      await Promise.all(
        moments.map(async (moment) => {
          await sleep(Math.max(0, moment - Date.now()), undefined, { signal });
          await this.#look(me);
        }),
      );
    };
    await Promise.all(Array.from({ length: TABS }, tab));
  }

  /** One request; when the access token that went along runs out, or `null` where the answer was not for us. */
  async #look(me: SignedIn): Promise<number | null> {
    this.#diary.requests += 1;
    const answer = await this.#fleet.ask("/", { ...SCRIPT, cookie: me.cookie });
    const heard = judged(answer, me.account);
    if (typeof heard === "number") return heard;
    this.#diary.answers.push({ at: answer.at, by: answer.by, session: me.session, ...heard });
    return null;
  }

  async #signIn(signal: AbortSignal): Promise<SignedIn> {
    for (let tries = 0; tries < LOGIN_TRIES; tries++) {
      this.#logins += 1;
      const account = `${this.#name}.${this.#logins}`;
      try {
        const me = await this.#walk(account);
        this.#diary.sessions.push({ session: me.session, account });
        return me;
      } catch (error) {
        // What breaks because a gateway is down is begun anew, as people do.
        if (!(error instanceof Broken)) throw error;
      }
      await sleep(500, undefined, { signal });
    }
    throw new Error(`${this.#name} could not sign in`);
  }

  /** The whole way: to the gateway, to the provider, back to a gateway. */
  async #walk(account: string): Promise<SignedIn> {
    const jar = new Jar();
    const { host } = this.#fleet;
    const begun = await this.#step(jar, "/auth/login?return_to=/", [302]);
    const there = new URL(locationOf(begun));
    there.searchParams.set("login_hint", account);
    const back = await through(there, jar, host);
    await this.#step(jar, back.pathname + back.search, [302, 303]);
    const cookie = jar.header(host)["cookie"];
    const session = jar.find(host, "coatcheck")?.split(".")[0];
    if (cookie === undefined || session === undefined) throw new Error(`${account} came back without a session`);
    return { session, account, cookie };
  }

  async #step(jar: Jar, path: string, wanted: readonly number[]): Promise<Answered["reply"]> {
    const { host } = this.#fleet;
    const gateway = await this.#fleet.any();
    const reply = await getFrom(gateway, host, path, { ...PAGE, ...jar.header(host) }).catch((cause: unknown) => {
      throw new Broken("the connection broke", { cause });
    });
    if (reply.status === 503) throw new Broken("later");
    if (!wanted.includes(reply.status)) throw new Error(`${gateway.life} answered ${reply.status} to a login: ${reply.text}`);
    jar.keep(host, reply);
    return reply;
  }
}

/** A login that may be begun anew. */
class Broken extends Error {}

/** When the token runs out that the app was shown; else what is wrong with the answer. */
function judged(answer: Answered | Stuck, account: string): number | Pick<Answer, "kind" | "what"> {
  if (answer.kind === "stuck") return { kind: "wrong", what: `nothing for too long; the last was: ${answer.last}` };
  const { status, text } = answer.reply;
  if (status === 401) return { kind: "signed-out", what: `401 ${text.slice(0, 200)}` };
  if (status !== 200) return { kind: "wrong", what: `${status} ${text.slice(0, 200)}` };
  const said: unknown = JSON.parse(text);
  if (Reflect.get(Object(said), "account") !== account) return { kind: "wrong", what: `for another user: ${text}` };
  return Number(Reflect.get(Object(said), "expires"));
}
