/**
 * A browser of a user: signs in, looks, writes, signs out, and tries the cookies that are over. What it sees it notes
 * for the judge.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Jar, SCRIPT } from "../../ask.ts";
import type { Random } from "../../random.ts";
import { Agent } from "./agent.ts";
import { type Client, type Heard, memberOf } from "./client.ts";
import type { Diary } from "./diary.ts";
import { Family } from "./family.ts";
import { type LoggedIn, login } from "./login.ts";

/** Between two steps, milliseconds. */
const PAUSE = [80, 500] as const;
const KEYS = ["a", "b", "c"] as const;
/** The most cookies that are over and that it still tries. */
const GHOSTS = 4;
const LOGIN_TRIES = 60;

/** A session that it is signed in to, or was. */
interface Mine {
  readonly session: string;
  readonly cookie: string;
  readonly begun: number;
  /** Names the data; a login of the same user takes them along. */
  readonly book: string;
}

type Entered = Extract<LoggedIn, { readonly kind: "session" }>;
type Step = (me: Mine) => unknown;

export class Device {
  readonly #name: string;
  readonly #account: string;
  readonly #client: Client;
  readonly #diary: Diary;
  readonly #random: Random;
  readonly #steps: readonly (readonly [weight: number, step: Step])[] = [
    [40, (me) => this.#look(me)],
    [12, (me) => this.#read(me)],
    [18, (me) => this.#edit(me)],
    [5, () => this.#ghost()],
    [4, (me) => this.#issue(me)],
    [8, () => this.#family?.use()],
    [8, () => this.#family?.refresh(this.#random)],
    [2.5, () => this.#family?.revoke()],
    [4, (me) => this.#employ(me)],
    [8, () => this.#agent?.use()],
    [2, (me) => this.#logout(me)],
    [1.2, (me) => this.#everywhere(me)],
    [1.5, () => this.#signIn()],
  ];
  #jar = new Jar();
  #me: Mine | null = null;
  #family: Family | null = null;
  #agent: Agent | null = null;
  #ghosts: readonly Mine[] = [];
  #value = 0;
  #books = 0;

  constructor(name: string, account: string, { client, diary, random }: { client: Client; diary: Diary; random: Random }) {
    this.#name = name;
    this.#account = account;
    this.#client = client;
    this.#diary = diary;
    this.#random = random;
  }

  /** Lives until it is told that the run is over. */
  async live(signal: AbortSignal): Promise<void> {
    const all = this.#steps.reduce((sum, [weight]) => sum + weight, 0);
    while (!signal.aborted) {
      if (this.#me === null) await this.#signIn();
      else {
        await this.#pick(this.#random.next() * all)?.(this.#me);
      }
      if (this.#family?.isOver === true) this.#family = null;
      if (this.#agent?.isOver === true) this.#agent = null;
      this.#diary.steps += 1;
      await sleep(this.#random.between(...PAUSE), undefined, { signal }).catch(() => undefined);
    }
  }

  /** The step at this place of a line on which each takes as much as it weighs. */
  #pick(place: number): Step | undefined {
    let from = 0;
    return this.#steps.find(([weight]) => {
      from += weight;
      return place < from;
    })?.[1];
  }

  /** Looks at everything once more, when all is quiet. */
  async lookBack(): Promise<void> {
    if (this.#me !== null) await this.#look(this.#me);
    if (this.#me !== null) await this.#read(this.#me);
    await this.#family?.use();
    await this.#agent?.use();
    for (const ghost of this.#ghosts) await this.#look(ghost);
  }

  /** A page of the app behind the gateways, which tells whose token and which name it was given. */
  async #look(me: Mine): Promise<void> {
    const heard = await this.#client.ask("/", { headers: { ...SCRIPT, cookie: me.cookie } });
    if (heard.reply?.status === 200) {
      const [account, user, grant] = ["account", "user", "grant"].map((name) => heard.reply && memberOf(heard.reply, name));
      if (typeof grant === "string") this.#diary.grants.set(me.session, grant);
      this.#note(me, heard, account === user ? String(account) : `${account}, named ${user}`);
    } else this.#note(me, heard, "");
  }

  /** The data that an app of the library has. */
  async #read(me: Mine): Promise<Heard> {
    const heard = await this.#client.ask("/app/data", { headers: { ...SCRIPT, cookie: me.cookie } });
    const { reply, by, from } = heard;
    this.#note(me, heard, reply === null ? "" : String(memberOf(reply, "account")));
    if (reply?.status === 200) {
      const values: Record<string, number> = { ...Object(memberOf(reply, "data")) };
      this.#diary.reads.push({ book: me.book, by, from, values });
    }
    return heard;
  }

  /** Three tabs write at once, each its own key. What is not answered may have been written. */
  async #edit(me: Mine): Promise<void> {
    const tabs = KEYS.map(async (key) => {
      this.#value += 1;
      const edit = { book: me.book, key, value: this.#value };
      const path = `/app/edit?key=${key}&value=${edit.value}`;
      const heard = await this.#client.send(path, { method: "POST", headers: { ...SCRIPT, cookie: me.cookie } });
      const { reply, from, at } = heard;
      this.#diary.edits.push({ ...edit, from, at, stored: reply?.status === 200 });
      if (reply === null || reply.status === 503) return;
      this.#note(me, heard, String(memberOf(reply, "account")));
    });
    await Promise.all(tabs);
  }

  /** A cookie that is over, as a thief would have copied it. A logout that was not confirmed is asked for again. */
  async #ghost(): Promise<void> {
    const ghost = this.#random.pick(this.#ghosts);
    if (ghost === undefined) return;
    await this.#look(ghost);
    const served = this.#diary.answers.at(-1);
    if (served?.session === ghost.session && served.kind === "served") await this.#sendLogout(ghost);
  }

  async #issue(me: Mine): Promise<void> {
    const headers = { ...SCRIPT, cookie: me.cookie, "content-type": "application/x-www-form-urlencoded" };
    const heard = await this.#client.send("/auth/tokens", { method: "POST", body: "audience=api&scope=use", headers });
    if (heard.reply === null || heard.reply.status === 503) return;
    this.#note(me, heard, this.#account);
    this.#family = Family.issued(this.#client, this.#diary, this.#account, heard) ?? this.#family;
  }

  async #employ({ session, cookie }: Mine): Promise<void> {
    const heard = await this.#client.send("/app/agent", { method: "POST", headers: { ...SCRIPT, cookie } });
    const whose = { account: this.#account, parent: session };
    this.#agent = Agent.issued(this.#client, this.#diary, whose, heard) ?? this.#agent;
  }

  async #logout(me: Mine): Promise<void> {
    await this.#sendLogout(me);
    this.#forget(me);
  }

  async #sendLogout({ session, cookie }: Mine): Promise<void> {
    await this.#diary.ending({ how: "logout", account: this.#account, session }, async () => {
      const { reply } = await this.#client.send("/auth/logout", { method: "POST", headers: { ...SCRIPT, cookie } });
      return reply?.status === 200;
    });
  }

  async #everywhere(me: Mine): Promise<void> {
    await this.#diary.ending({ how: "everywhere", account: this.#account, session: me.session }, async () => {
      const headers = { ...SCRIPT, cookie: me.cookie };
      const heard = await this.#client.send("/auth/sessions/end-others", { method: "POST", headers });
      if (heard.reply === null || heard.reply.status === 503) return false;
      this.#note(me, heard, this.#account);
      return heard.reply.status === 200;
    });
  }

  /** Signs in; in the place of the session that it has, if it has one. */
  async #signIn(): Promise<void> {
    const old = this.#me;
    if (old === null) return this.#walk(null);
    await this.#diary.ending({ how: "replaced", account: this.#account, session: old.session }, async () => {
      await this.#walk(old);
      return this.#me !== old && this.#me !== null;
    });
  }

  async #walk(old: Mine | null): Promise<void> {
    const begun = Date.now();
    let sent = false;
    for (let tries = 0; tries < LOGIN_TRIES; tries++) {
      const came = await login(this.#client, this.#jar, this.#account);
      // A login whose answer was lost has taken the data along, to nowhere.
      if (came.kind === "session") return this.#enter(came, old, sent);
      sent ||= came.kind === "again" && came.sent;
      // A login is refused by who ends all of a user at that moment.
      if (came.kind === "refused" && !this.#diary.endedEverywhere(this.#account, begun))
        this.#diary.refusedLogins.push(came.what);
      await sleep(300);
    }
    this.#diary.refusedLogins.push(`${this.#name} could not sign in`);
  }

  async #enter({ session, begun, at }: Entered, old: Mine | null, mayBeGone: boolean): Promise<void> {
    const cookie = this.#jar.header(this.#client.host)["cookie"] ?? "";
    this.#diary.sessions.push({ session, account: this.#account, kind: "browser", begun, at });
    if (old !== null) this.#forget(old, this.#jar);
    this.#books += 1;
    const fresh = { session, cookie, begun, book: `${this.#name}.${this.#books}` };
    this.#me = old === null ? fresh : { ...fresh, book: old.book };
    await this.#look(this.#me);
    if (old === null || this.#me?.session !== session) return;
    // The data come along, unless the session that had them was over already.
    const { reply } = await this.#client.ask("/app/data", { headers: { ...SCRIPT, cookie } });
    if (reply?.status !== 200 || Object.keys(Object(memberOf(reply, "data"))).length > 0) return;
    this.#me = fresh;
    if (!mayBeGone && this.#diary.edits.some(({ book, stored }) => stored && book === old.book))
      this.#diary.dropped.push({ session: old.session, by: session });
  }

  /** What came of a request with the cookie of a session. */
  #note(me: Mine, heard: Heard, account: string): void {
    const kind = this.#diary.note(me.session, heard, account);
    if (kind === "signed-out" && this.#me?.session === me.session) this.#forget(me);
  }

  /** Keeps the cookie as one that is over. */
  #forget(me: Mine, jar = new Jar()): void {
    this.#ghosts = [me, ...this.#ghosts].slice(0, GHOSTS);
    this.#jar = jar;
    this.#me = null;
  }
}
