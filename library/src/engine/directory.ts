import type { EndReason, EndTarget, RecordBody, SessionDirectory, SessionInfo, SessionRow, SignedOut } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { overReason } from "../core/policy.ts";
import { ownerOf, parseBody, readable } from "../core/record.ts";
import { ownerMark, sidMark, subjectMark } from "./marks.ts";
import type { EngineOptions } from "./options.ts";

const MOST = 1_000;
/** No login is on its way for longer, whatever the clocks of replicas say; what is left behind for a session that nobody knows goes after it. */
const LONGEST_LOGIN = 3_600_000;

type Options = Pick<EngineOptions<unknown>, "store" | "clock" | "entropy" | "policy" | "report" | "announce">;

/** Lists and ends sessions from outside of a request. Marks come first and looking second, so that a login on its way sees one of the two (DESIGN §1.6). */
export function sessionDirectory(options: Options): SessionDirectory {
  const { store, clock, entropy, policy, report, announce } = options;

  const live = (row: SessionRow): boolean => overReason(row, clock.now(), policy) === null;

  async function end(target: EndTarget, reason: EndReason): Promise<number> {
    // Read before they end and are emptied: whose they were is told, and their tokens are revoked.
    const rows = new Map((await found(target)).map((row) => [row.id, row]));
    const ended = await store.end(target, reason, clock.now());
    for (const id of ended) announce({ ...target, id, reason, row: rows.get(id) });
    return ended.length;
  }

  async function found(target: EndTarget): Promise<readonly SessionRow[]> {
    if (!("id" in target)) return store.list(target, MOST, clock.now());
    const row = await store.get(target.id);
    return row === undefined ? [] : [row];
  }

  async function fromStore<T>(operation: "read" | "write", work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      report({ name: "store.failed", level: "error", reason: operation, error: cause });
      throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause });
    }
  }

  async function mark(key: string, value: string, length = LONGEST_LOGIN): Promise<void> {
    const now = clock.now();
    await store.mark(key, now + length, now, value);
  }

  return {
    list: (owner) =>
      fromStore("read", async () => {
        const rows = await store.list({ owner }, MOST, clock.now());
        return rows.filter(live).map((row) => infoOf(row, policy.idle));
      }),
    show: (id) =>
      fromStore("read", async () => {
        const row = await store.get(id);
        return row !== undefined && live(row) ? infoOf(row, policy.idle) : null;
      }),
    end: (id, reason) => fromStore("write", async () => (await end({ id }, reason)) > 0),
    endAll: (owner, reason, except) =>
      fromStore("write", async () => {
        await mark(ownerMark(owner), Buffer.from(entropy.bytes(9)).toString("base64url"), policy.lifetime);
        return end(except === undefined ? { owner } : { owner, except }, reason);
      }),
    signedOut: ({ issuer, subject, sid, issuedAt }: SignedOut) =>
      fromStore("write", async () => {
        if (sid !== null) {
          await mark(sidMark(issuer, sid), "");
          return end({ issuer, sid }, "provider");
        }
        if (subject === null) return 0;
        // Notices may come in another order than they were made in; the latest is what a login on its way is measured by.
        const latest = Number((await store.marked(subjectMark(issuer, subject), clock.now())) ?? 0);
        await mark(subjectMark(issuer, subject), String(Math.max(latest, issuedAt)));
        return end({ owner: ownerOf({ issuer, subject }) }, "provider");
      }),
  };
}

/** What may be shown of a row. A body of a newer release shows less. */
function infoOf(row: SessionRow, idle: number): SessionInfo {
  const body: RecordBody | null = readable(row) ? parseBody(row) : null;
  return {
    id: row.id,
    owner: row.owner,
    issuer: row.issuer,
    method: body?.identity?.method ?? null,
    createdAt: row.created,
    seenAt: row.seen,
    expiresAt: row.expires,
    idleExpiresAt: Math.min(row.seen + idle, row.expires),
    userAgent: body?.userAgent ?? null,
  };
}
