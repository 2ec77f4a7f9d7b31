import type { Decision, MaybePromise, RouteResponse } from "coatcheck";
import type { Engine } from "../admission.ts";
import { problemOf } from "../answer.ts";
import { groupsOf } from "../groups.ts";
import type { CheckRequest } from "../seam.ts";
import { type LeftOut, pushIdentityHeaders } from "../upstream/identity-headers.ts";

type Exchange = Awaited<ReturnType<Engine["open"]>>;

/** Answers a proxy that asks whether a request may pass. Never sets a cookie. */
export function check(engine: Engine, request: CheckRequest, leftOut: LeftOut): MaybePromise<RouteResponse> {
  const exchange = engine.open(request);
  return exchange instanceof Promise
    ? exchange.then((opened) => judge(engine, opened, request, leftOut))
    : judge(engine, exchange, request, leftOut);
}

function judge(engine: Engine, exchange: Exchange, request: CheckRequest, leftOut: LeftOut): RouteResponse {
  const decision = exchange.decide({ require: "user" });
  if (decision.kind !== "proceed") return refused(engine, decision, request);
  const { identity } = exchange.session;
  const groups = groupsOf(identity);
  if (request.groups.length > 0 && !groups.some((group) => request.groups.includes(group))) return problemOf("ERR_FORBIDDEN");
  exchange.touch(200);
  const flat: string[] = [];
  pushIdentityHeaders(flat, identity, groups, leftOut);
  return { status: 200, headers: pairs(flat), body: "" };
}

// nginx takes nothing but 401 for a no, and gives the address of the login to whoever configured that.
function refused(engine: Engine, decision: Exclude<Decision, { kind: "proceed" }>, request: CheckRequest): RouteResponse {
  const unknown = decision.kind === "login" || (decision.kind === "refuse" && decision.code === "ERR_UNAUTHENTICATED");
  if (!unknown) return engine.answer(decision, request);
  const login = absolute(engine.answer({ kind: "login" }, request), request.origin);
  if (request.neighbour !== "nginx") return decision.kind === "login" ? login : problemOf("ERR_UNAUTHENTICATED");
  return problemOf("ERR_UNAUTHENTICATED", login.headers);
}

/** A proxy may answer under another name than the one that the browser knows. */
function absolute(response: RouteResponse, origin: string): RouteResponse {
  const headers = response.headers.map(
    ([name, value]) => [name, name === "location" ? new URL(value, origin).href : value] as const,
  );
  return { ...response, headers };
}

function pairs(flat: readonly string[]): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) found.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  return found;
}
