/** Asks the app whether a user who signs in at a provider may come in, and as whom. */
import type { Admitted, Clock, ErrorCode, SignIn, SignInAnswer } from "../../contracts.ts";
import { hookFailure } from "../../core/errors/hook-failure.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { isStorable, ownerOf, snapshot } from "../../core/record.ts";
import { within } from "../../time/within.ts";
import type { OidcDependencies } from "../dependencies.ts";

/** What the app answers, checked. */
type Asked =
  | { readonly kind: "admitted"; readonly as: Admitted }
  | { readonly kind: "blocked" | "unknown"; readonly sentence?: string }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly cause: unknown };

const PATIENCE = 5_000;
const LONGEST_SENTENCE = 500;

/** Nothing is stored yet, whatever it answers; silence and what it throws by `unavailable` are outages. */
export async function askApp(onSignIn: OidcDependencies["onSignIn"], signIn: SignIn, clock: Clock): Promise<Asked> {
  const owner = ownerOf(signIn.identity);
  if (onSignIn === undefined) return { kind: "admitted", as: { owner } };
  try {
    const answer = Promise.resolve(onSignIn(signIn));
    const late = (): never => {
      throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: "onSignIn did not answer in time" });
    };
    return checked(await within(clock, PATIENCE, answer, late), owner);
  } catch (cause) {
    return { kind: "failed", code: hookFailure(cause).code, cause };
  }
}

function checked(answer: SignInAnswer, usual: string): Asked {
  if (answer === null) return { kind: "unknown" };
  if (typeof answer !== "object") throw new TypeError("onSignIn answers with { owner, claims, data }, { blocked: true } or null");
  if (answer.blocked !== undefined) return rejection(answer.blocked, answer.reason);
  const { owner = usual, claims, data } = answer;
  if (typeof owner !== "string" || owner === "" || !isStorable(owner))
    throw new TypeError("onSignIn answers with an owner that is no text, or is empty, or has NUL or half a surrogate pair in it");
  const added = claims === undefined ? undefined : snapshot(claims, "claims");
  const begun = data === undefined ? undefined : snapshot(data, "data");
  return { kind: "admitted", as: { owner, ...omitUndefined({ added, data: begun }) } };
}

function rejection(blocked: unknown, reason: unknown): Asked {
  if (blocked !== true) throw new TypeError("onSignIn answers with blocked, which is true or not there");
  if (reason === undefined) return { kind: "blocked" };
  if (typeof reason !== "string" || reason.length > LONGEST_SENTENCE)
    throw new TypeError(`onSignIn answers with a reason that is no text of at most ${LONGEST_SENTENCE} characters`);
  return { kind: "blocked", sentence: reason };
}
