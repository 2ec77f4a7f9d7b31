/** What the facts of a server mean for sessions, in sentences that say what would be lost. */
import type { ServerFacts } from "./facts.ts";

/** How the store uses the server. */
export interface Use {
  readonly kind: "server" | "sentinel" | "cluster";
  readonly replicas: number;
  readonly durability: "normal" | "full";
}

/** How far a server's clock may be off, in milliseconds: what has expired is freed an hour late. */
const CLOCK_TOLERANCE = 300_000;

const isBefore = ([major, minor]: readonly [number, number], [least, then]: readonly [number, number]): boolean =>
  major < least || (major === least && minor < then);

/** Why the server cannot be used at all. */
export function refusal({ version }: ServerFacts, { durability }: Use): string | undefined {
  if (version === undefined) return undefined;
  const said = `This is Redis ${version.join(".")}`;
  if (isBefore(version, [7, 0])) return `${said}; the store needs 7.0 or later, or Valkey.`;
  if (durability === "full" && isBefore(version, [7, 2])) return `${said}; durability: "full" needs 7.2 or later, or Valkey.`;
  return undefined;
}

function persistence({ appendOnly, snapshots }: ServerFacts): string | undefined {
  if (appendOnly === true) return undefined;
  if (appendOnly === undefined) return "Redis does not say whether it persists: it is not known what a restart loses.";
  if (snapshots === false) return "Redis persists nothing: a restart signs all users out. Set appendonly yes.";
  const what = "a restart brings back sessions that were ended since the last snapshot, and loses newer ones";
  const asked = snapshots === undefined ? "Redis has no append-only file: if it writes snapshots" : "Redis only writes snapshots";
  return `${asked}, ${what}. Set appendonly yes.`;
}

function failover({ replicas }: ServerFacts, use: Use): string | undefined {
  if (replicas === undefined) return undefined;
  if (replicas < use.replicas) {
    return `Redis has ${replicas} replicas, and ${use.replicas} have to confirm: logins and logouts are 503 until there are more.`;
  }
  if (replicas === 0 && use.kind === "cluster") {
    return "A master of the cluster has no replica: if it fails, its part of the sessions is 503 until it is back.";
  }
  if (replicas > 0 && use.replicas === 0) {
    return "Redis has replicas, and none has to confirm: a failover can undo the last logouts and logins. Set replicas: 1.";
  }
  return undefined;
}

/** What could be lost. */
export function warnings(facts: ServerFacts, use: Use, now: number): readonly string[] {
  const { eviction, time } = facts;
  const found: (string | undefined)[] = [persistence(facts), failover(facts, use)];
  if (eviction === undefined) found.push("Redis does not say what it does if its memory is full: live sessions may be evicted.");
  else if (eviction !== "noeviction") {
    const lost = "if its memory is full, live sessions can be evicted and their users signed out";
    found.push(`Redis has maxmemory-policy ${eviction}: ${lost}. Set noeviction.`);
  }
  const off = time === undefined ? 0 : Math.abs(time - now);
  if (off > CLOCK_TOLERANCE) {
    found.push(`The clock of Redis is off by ${Math.round(off / 60_000)} minutes: past an hour, live sessions are freed.`);
  }
  return found.filter((one) => one !== undefined);
}
