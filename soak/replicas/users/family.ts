/** Tokens of our own that a user has: used, refreshed, repeated and revoked, on whichever replica. */
import type { Random } from "../../random.ts";
import { type Client, type Heard, memberOf } from "./client.ts";
import { type Diary, nameOf } from "./diary.ts";

interface Pair {
  readonly access: string;
  readonly refresh: string;
}

/** A family of tokens; `isOver` once it was answered so. */
export class Family {
  readonly session: string;
  readonly account: string;
  readonly #client: Client;
  readonly #diary: Diary;
  #pair: Pair;
  isOver = false;

  constructor(client: Client, diary: Diary, { session, account, pair }: { session: string; account: string; pair: Pair }) {
    this.#client = client;
    this.#diary = diary;
    this.session = session;
    this.account = account;
    this.#pair = pair;
  }

  /** The tokens that were issued to this user; nothing where the answer has none. */
  static issued(client: Client, diary: Diary, account: string, { reply, from, at }: Heard): Family | null {
    const pair = reply === null ? null : pairOf(reply);
    if (pair === null) return null;
    const session = String(claimsOf(pair.access)["sid"]);
    diary.sessions.push({ session, account, kind: "tokens", begun: from, at });
    return new Family(client, diary, { session, account, pair });
  }

  /** An app takes the access token. */
  async use(): Promise<void> {
    const heard = await this.#client.ask("/app/who", { headers: { authorization: `Bearer ${this.#pair.access}` } });
    this.#note(heard, heard.reply === null ? "" : String(memberOf(heard.reply, "account")));
  }

  /** One refresh, or several at once with the same token; each is repeated until it is answered. */
  async refresh(random: Random): Promise<void> {
    const before = this.#pair;
    const times = random.next() < 0.3 ? 3 : 1;
    const all = await Promise.all(Array.from({ length: times }, () => this.#exchange(before)));
    this.#pair = all.find((pair) => pair !== null) ?? before;
  }

  async revoke(): Promise<void> {
    const { session, account } = this;
    this.isOver = await this.#diary.ending({ how: "revoke", account, session }, async () => {
      const { reply } = await this.#client.ask("/auth/tokens/revoke", form({ token: this.#pair.refresh }));
      return reply?.status === 200;
    });
  }

  async #exchange({ refresh }: Pair): Promise<Pair | null> {
    const heard = await this.#client.ask("/auth/tokens/refresh", form({ refresh_token: refresh }));
    const pair = heard.reply === null ? null : pairOf(heard.reply);
    const account = pair === null ? "" : String(claimsOf(pair.access)["sub"]).split(" ").at(-1);
    this.#note(heard, account ?? "");
    if (pair === null) return null;
    const { session } = this;
    this.#diary.exchanges.push({ session, token: nameOf(refresh), successor: nameOf(pair.refresh), by: heard.by });
    return pair;
  }

  #note(heard: Heard, account: string): void {
    if (this.#diary.note(this.session, heard, account) === "signed-out") this.isOver = true;
  }
}

/** A request with a form, as a program sends it. */
function form(fields: Readonly<Record<string, string>>) {
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  return { method: "POST", body: new URLSearchParams(fields).toString(), headers };
}

function pairOf(reply: NonNullable<Heard["reply"]>): Pair | null {
  const [access, refresh] = [memberOf(reply, "access_token"), memberOf(reply, "refresh_token")];
  return reply.status === 200 && typeof access === "string" && typeof refresh === "string" ? { access, refresh } : null;
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  return Object(claims);
}
