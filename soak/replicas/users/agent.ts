/** An agent's token, which hangs on the session of a person: used by a program, over with the session. */
import type { Client, Heard } from "./client.ts";
import { memberOf } from "./client.ts";
import type { Diary } from "./diary.ts";

export class Agent {
  readonly #session: string;
  readonly #token: string;
  readonly #client: Client;
  readonly #diary: Diary;
  isOver = false;

  private constructor(client: Client, diary: Diary, session: string, token: string) {
    this.#client = client;
    this.#diary = diary;
    this.#session = session;
    this.#token = token;
  }

  /** The agent that an app issued a token for; nothing where the answer has none. */
  static issued(client: Client, diary: Diary, whose: { account: string; parent: string }, heard: Heard): Agent | null {
    const [id, token] = ["id", "token"].map((name) => heard.reply && memberOf(heard.reply, name));
    if (heard.reply?.status !== 200 || typeof id !== "string" || typeof token !== "string") return null;
    diary.sessions.push({ session: id, ...whose, kind: "agent", begun: heard.from, at: heard.at });
    return new Agent(client, diary, id, token);
  }

  /** It asks an app, which is told the person. */
  async use(): Promise<void> {
    const heard = await this.#client.ask("/app/who", { headers: { authorization: `Bearer ${this.#token}` } });
    const account = heard.reply === null ? "" : String(memberOf(heard.reply, "account"));
    this.isOver = this.#diary.note(this.#session, heard, account) === "signed-out";
  }
}
