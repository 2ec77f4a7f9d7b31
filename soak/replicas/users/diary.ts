/** What users leave behind for the judge. */
import { createHash } from "node:crypto";
import type { Answer, Dropped, Edit, Ending, Exchange, Known, Read } from "../journal.ts";
import { LATE } from "../judge.ts";
import type { Heard } from "./client.ts";

/** Names a token without giving it away. */
export const nameOf = (token: string): string => createHash("sha256").update(token).digest("base64url").slice(0, 12);

/** An ending that was asked for; what became of it is not known before its answer. */
type Asked = { -readonly [Key in keyof Ending]: Ending[Key] };

export class Diary {
  readonly sessions: Known[] = [];
  readonly grants = new Map<string, string>();
  readonly answers: Answer[] = [];
  readonly endings: Ending[] = [];
  readonly edits: Edit[] = [];
  readonly reads: Read[] = [];
  readonly exchanges: Exchange[] = [];
  readonly dropped: Dropped[] = [];
  readonly refusedLogins: string[] = [];
  steps = 0;

  /** What came of a request with what proves a session; `account`: whom the answer named. */
  note(session: string, { reply, by, from, at, last }: Heard, account: string): Answer["kind"] {
    const kind = reply?.status === 200 ? "served" : reply?.status === 401 ? "signed-out" : "wrong";
    const what = reply === null ? `nothing but ${last}` : `${reply.status} ${reply.text.slice(0, 300)}`;
    this.answers.push({ session, by, from, at, kind, what: kind === "served" ? account : what });
    return kind;
  }

  /** Asks for an ending by `send`, which answers whether it is done. */
  async ending(asked: Pick<Ending, "how" | "account" | "session">, send: () => Promise<boolean>): Promise<boolean> {
    const entry: Asked = { ...asked, from: Date.now(), at: Number.POSITIVE_INFINITY, acknowledged: false };
    this.endings.push(entry);
    entry.acknowledged = await send();
    entry.at = Date.now();
    return entry.acknowledged;
  }

  /** Whether all sessions of an account were ended, or may have been, since then. */
  endedEverywhere(account: string, since: number): boolean {
    return this.endings.some(
      ({ how, account: whose, at, acknowledged }) =>
        how === "everywhere" && whose === account && at + (acknowledged ? 0 : LATE) >= since,
    );
  }
}
