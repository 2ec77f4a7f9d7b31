import assert from "node:assert/strict";
import type { House } from "./house.ts";
import { ORIGIN } from "./house.ts";
import type { Neighbour } from "./neighbour.ts";
import type { Answered, Asking } from "./talk.ts";

/** A house without upstreams, and the proxy that asks it. */
export interface Street {
  readonly house: House;
  readonly proxy: Neighbour;
}

/** Where a stranger is sent. */
export const LOGIN = (target: string): string => `${ORIGIN}/auth/login?return_to=${encodeURIComponent(target)}`;

/** Asks through the proxy, and sees that the app was not reached. */
export async function withheld({ house, proxy }: Street, path: string, asking: Asking): Promise<Answered> {
  const before = house.seen.length;
  const answer = await proxy.ask(path, asking);
  assert.deepEqual(house.seen.slice(before), [], `${path} reached the app: ${answer.status}`);
  assert.deepEqual(answer.setCookies, []);
  return answer;
}

/** Asks through the proxy; what the app was asked. */
export async function passed({ house, proxy }: Street, path: string, asking: Asking): Promise<House["seen"][number]> {
  const before = house.seen.length;
  const answer = await proxy.ask(path, asking);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.setCookies, []);
  const [seen, ...more] = house.seen.slice(before);
  assert.ok(seen !== undefined && more.length === 0, "the app was asked once");
  return seen;
}
