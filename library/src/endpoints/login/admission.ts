/** Asks the app whether a user may come in, and as whom: at a login, and at each refresh. */
import type { AppAnswer, Clock, Link, MaybePromise, RefreshedSignIn, SignIn, SignInAnswer } from "../../contracts.ts";
import { hookFailure } from "../../core/errors/hook-failure.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { isStorable, ownerOf, snapshot } from "../../core/record.ts";
import { within } from "../../time/within.ts";
import type { OidcDependencies } from "../dependencies.ts";

const PATIENCE = 5_000;
const LONGEST_SENTENCE = 500;

/** Nothing is stored yet, whatever it answers; silence and what it throws by `unavailable` are outages. */
export async function askApp(onSignIn: OidcDependencies["onSignIn"], signIn: SignIn, clock: Clock): Promise<AppAnswer> {
  const owner = ownerOf(signIn.identity);
  if (onSignIn === undefined) return { kind: "admitted", as: { owner } };
  return answered({ name: "onSignIn", owner, clock }, () => onSignIn(signIn));
}

/** The app's say at a link. */
export async function askToLink(onLink: OidcDependencies["onLink"], link: Link, clock: Clock): Promise<AppAnswer> {
  return answered({ name: "onLink", owner: link.owner, clock }, async () => (await onLink?.(link)) ?? {});
}

/** The app's say at a refresh, as the engine asks for it; `undefined`: it has none. */
export function askingApp(
  onRefresh: ((refreshed: RefreshedSignIn) => MaybePromise<SignInAnswer>) | undefined,
  clock: Clock,
): ((refreshed: RefreshedSignIn) => Promise<AppAnswer>) | undefined {
  if (onRefresh === undefined) return undefined;
  return (refreshed) => answered({ name: "onRefresh", owner: refreshed.owner, clock }, () => onRefresh(refreshed));
}

/** Which of the app's functions is asked, and whose sessions these are unless it says otherwise. */
interface Question {
  readonly name: "onSignIn" | "onRefresh" | "onLink";
  readonly owner: string;
  readonly clock: Clock;
}

async function answered({ name, owner, clock }: Question, ask: () => MaybePromise<SignInAnswer>): Promise<AppAnswer> {
  try {
    const answer = Promise.resolve(ask());
    const late = (): never => {
      throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: `${name} did not answer in time` });
    };
    return checked(name, await within(clock, PATIENCE, answer, late), owner);
  } catch (cause) {
    return { kind: "failed", code: hookFailure(cause).code, cause };
  }
}

function checked(name: string, answer: SignInAnswer, usual: string): AppAnswer {
  if (answer === null) return { kind: "unknown" };
  if (typeof answer !== "object") throw new TypeError(`${name} answers with { owner, claims, data }, { blocked: true } or null`);
  if (answer.blocked !== undefined) return rejection(name, answer.blocked, answer.reason);
  const { owner = usual, claims, data } = answer;
  if (typeof owner !== "string" || owner === "" || !isStorable(owner))
    throw new TypeError(`${name} answers with an owner that is no text, or is empty, or has NUL or half a surrogate pair in it`);
  const added = claims === undefined ? undefined : snapshot(claims, "claims");
  const begun = data === undefined ? undefined : snapshot(data, "data");
  return { kind: "admitted", as: { owner, ...omitUndefined({ added, data: begun }) } };
}

function rejection(name: string, blocked: unknown, reason: unknown): AppAnswer {
  if (blocked !== true) throw new TypeError(`${name} answers with blocked, which is true or not there`);
  if (reason === undefined) return { kind: "blocked" };
  if (typeof reason !== "string" || reason.length > LONGEST_SENTENCE)
    throw new TypeError(`${name} answers with a reason that is no text of at most ${LONGEST_SENTENCE} characters`);
  return { kind: "blocked", sentence: reason };
}
