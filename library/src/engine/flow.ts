/**
 * The flow of one request: enter → handler → settle → touch. This file is the whole system at a glance.
 *
 * - **enter** authenticates the caller (a credential, a proxy's word, the session's ticket), brings the session in step
 *   with its provider, ends what has to end first, and decides by the route's policy: `engine/request/authenticate`,
 *   `engine/request/admit`, `engine/refresh`.
 * - The **handler** is the app's. What it wants of the session is recorded, and nothing is written yet:
 *   `engine/request/session`, `core/draft`.
 * - **settle** plans at most one write (`core/plan`), commits it to the store on a condition, and only then sets or
 *   clears the cookie: `engine/request/settle`, `engine/request/commit`.
 * - **touch** says that the user was here, after the response; no request waits for it.
 *
 * Frameworks that push their answer (`node:http`, Express) enter in the same way, and settle when the head is about to
 * leave: `http/node-handler`.
 */
import type { Engine, Exchange, MaybePromise, Policy, RequestView, RouteResponse } from "../contracts.ts";
import { withCookies } from "./request/responses.ts";

/** What differs between frameworks whose handlers answer with a value. */
export interface Answers<Data, Answer> {
  /** Calls the app's handler, and answers for what it throws. */
  handler(exchange: Exchange<Data>): MaybePromise<Answer>;
  statusOf(answer: Answer): number;
  /** Whether the handler set the session's cookie itself. */
  wrote(answer: Answer, cookie: string): boolean;
  /** `shown`: the handler read who is signed in, so the answer is for no cache unless it says otherwise. */
  withCookies(answer: Answer, cookies: readonly string[], shown: boolean): Answer;
  /** This answer is not sent. */
  discard(answer: Answer): MaybePromise<void>;
  /** An answer of ours, instead of the handler's. */
  ours(response: RouteResponse): Answer;
}

/**
 * Takes a request through the engine: enters it, calls the handler if the decision is to proceed, settles, and touches.
 *
 * @param policy what the route asks of its caller
 */
export async function flow<Data, Answer>(
  engine: Engine<Data>,
  request: RequestView,
  policy: Policy,
  answers: Answers<Data, Answer>,
): Promise<Answer> {
  const exchange = await engine.enter(request, policy);
  const { decision } = exchange;
  if (decision.kind === "proceed") return conclude(engine, exchange, await answers.handler(exchange), answers);
  const refused = answers.ours(await exchange.turnAway(decision));
  // A caller who is asked to sign in loses a ticket that proves nothing.
  return policy.require === "user" ? conclude(engine, exchange, refused, answers) : refused;
}

/** The second half: settles, gives the answer its cookies, and touches. A refusal takes the answer's place. */
export async function conclude<Data, Answer>(
  engine: Pick<Engine<Data>, "sessionCookie">,
  exchange: Exchange<Data>,
  answer: Answer,
  answers: Omit<Answers<Data, Answer>, "handler">,
): Promise<Answer> {
  const status = answers.statusOf(answer);
  const { cookies, refusal } = await exchange.settle(status, answers.wrote(answer, engine.sessionCookie));
  if (refusal !== null) {
    await answers.discard(answer);
    return answers.ours(withCookies(exchange.answerFailure(refusal), cookies));
  }
  if (exchange.touchDue) exchange.touch(status);
  return answers.withCookies(answer, cookies, exchange.shown);
}
