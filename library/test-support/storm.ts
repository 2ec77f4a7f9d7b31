/** Replicas of an app that limits the sessions of a user, and fifty logins at once. */
import assert from "node:assert/strict";
import type { AuditEvent, SessionStore } from "../src/contracts.ts";
import { coatcheck } from "../src/index.ts";
import { manualClock } from "../src/testing/manual-clock.ts";
import { signIn } from "../src/testing/sign-in.ts";
import { LOOPBACK, SECRET } from "./origin.ts";

const START = 1_800_000_000_000;

/** A replica whose clock may be off. */
export function replica(store: SessionStore, { maxPerUser = 3, skew = 0, start = START, events = [] as AuditEvent[] } = {}) {
  const clock = manualClock(start + skew);
  const auth = coatcheck({
    publicUrl: LOOPBACK,
    secrets: SECRET,
    store,
    clock,
    session: { maxPerUser },
    on: (event) => events.push(event),
  });
  const status = async (cookie: string): Promise<number> => {
    const request = new Request(`${LOOPBACK}/`, { headers: { cookie } });
    const answer = await auth.handle(request, (session) => new Response(null, { status: session.identity === null ? 401 : 200 }));
    return answer.status;
  };
  return { auth, clock, status };
}

/** Fifty logins at once, spread over the replicas; the statuses afterwards, at the first of them. */
export async function storm(replicas: readonly ReturnType<typeof replica>[]): Promise<{ statuses: number[]; cookies: string[] }> {
  const [first] = replicas;
  assert.ok(first !== undefined);
  const logins = Array.from({ length: 50 }, (_, index) =>
    signIn((replicas[index % replicas.length] ?? first).auth, { subject: "alice" }),
  );
  const cookies = await Promise.all(logins);
  return { cookies, statuses: await Promise.all(cookies.map((cookie) => first.status(cookie))) };
}

/** How many of the answers have this status. */
export const count = (statuses: readonly number[], status: number): number => statuses.filter((one) => one === status).length;
