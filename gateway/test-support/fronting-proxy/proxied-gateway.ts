import assert from "node:assert/strict";
import type { FullGateway } from "../full-gateway.ts";
import { ORIGIN } from "../full-gateway.ts";
import type { Answered, Asking } from "../talk.ts";
import type { FrontingProxy } from "./fronting-proxy.ts";

/** A gateway without upstreams, and the proxy that asks it. */
export interface ProxiedGateway {
  readonly gateway: FullGateway;
  readonly proxy: FrontingProxy;
}

/** Where an anonymous caller is sent. */
export const LOGIN = (target: string): string => `${ORIGIN}/auth/login?return_to=${encodeURIComponent(target)}`;

/** Asks through the proxy, and sees that the app was not reached. */
export async function withheld({ gateway, proxy }: ProxiedGateway, path: string, asking: Asking): Promise<Answered> {
  const before = gateway.seen.length;
  const answer = await proxy.ask(path, asking);
  assert.deepEqual(gateway.seen.slice(before), [], `${path} reached the app: ${answer.status}`);
  assert.deepEqual(answer.setCookies, []);
  return answer;
}

/** Asks through the proxy; what the app was asked. */
export async function passed(
  { gateway, proxy }: ProxiedGateway,
  path: string,
  asking: Asking,
): Promise<FullGateway["seen"][number]> {
  const before = gateway.seen.length;
  const answer = await proxy.ask(path, asking);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.setCookies, []);
  const [seen, ...more] = gateway.seen.slice(before);
  assert.ok(seen !== undefined && more.length === 0, "the app was asked once");
  return seen;
}
