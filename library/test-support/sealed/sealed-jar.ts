/** Sealed sessions as a store: a jar stands for the browsers, which bring back the cookies that they got last. */
import type { Clock, SealedRow, SessionRow, SessionStore } from "../../src/contracts.ts";
import { createCookies } from "../../src/cookie/names.ts";
import { emptied } from "../../src/core/record.ts";
import { createKeyring } from "../../src/crypto/keyring.ts";
import { SealedSessions } from "../../src/engine/sealed/sealed-sessions.ts";
import { SessionCookies } from "../../src/engine/sealed/session-cookies.ts";
import { sealedCookie } from "../../src/stores/cookie.ts";
import { overStore } from "../../src/testing/over-store.ts";
import { START } from "../../src/testing/store-suite/rows.ts";
import { ORIGIN, SECRET } from "../origin.ts";

const keyring = createKeyring(SECRET);
const spec = createCookies({ origins: [ORIGIN] }).session;
const clock: Clock = { now: () => START, monotonic: () => START, sleep: async () => undefined, yield: async () => undefined };

/** By the id of the session: the `Cookie` header of its browser, and what a sealed session has no use for. */
export type Jar = Map<string, { readonly cookie: string; readonly beside: Partial<SessionRow> }>;

/** One more replica in front of these browsers, with this handle on the store for markers. */
export function overJar(jar: Jar, marks: SessionStore | null): SessionStore {
  const sealed = sealedCookie(marks === null ? {} : { marks });
  const cookies = new SessionCookies({ spec, keyring, store: sealed, persistent: true });
  const sessions = new SealedSessions({ name: sealed.name, marks, clock });

  async function get(id: string): Promise<SessionRow | undefined> {
    const { cookie, beside } = jar.get(id) ?? { cookie: undefined, beside: {} };
    const [opened] = cookies.read(cookie);
    if (opened?.kind !== "session") return undefined;
    const { ownerMarker: _marker, issuedAt: _issued, ...row } = opened.row;
    const standing = await sessions.standing(opened.row, START);
    const own = { ...row, ...beside };
    return standing === null || standing === "late" ? own : emptied(own, standing, START);
  }

  return overStore(sessions, {
    get,
    async put(row, condition) {
      if (!(await sessions.put(row, condition))) return false;
      const { secretHash, previousHash, previousUntil, kind, renewAt, lease } = row;
      const own: SealedRow = { ...row, ownerMarker: null, issuedAt: null };
      const seen = Math.max(row.seen, (await get(row.id))?.seen ?? 0);
      if (row.ended === null) {
        const cookie = header([...cookies.set(own, undefined, START), cookies.touched(row, seen)]);
        jar.set(row.id, { cookie, beside: { secretHash, previousHash, previousUntil, kind, renewAt, lease } });
      }
      return true;
    },
    async touch(id, seen) {
      const [row, kept] = [await get(id), jar.get(id)];
      if (row === undefined || row.ended !== null || kept === undefined) return false;
      // A browser has one cookie of a name.
      const others = kept.cookie.split("; ").filter((pair) => !pair.startsWith(`${spec.name}.seen=`));
      jar.set(id, { ...kept, cookie: [...others, header([cookies.touched(row, Math.max(seen, row.seen))])].join("; ") });
      return true;
    },
  });
}

const header = (lines: readonly string[]): string => lines.map((line) => line.split(";", 1)[0]).join("; ");
