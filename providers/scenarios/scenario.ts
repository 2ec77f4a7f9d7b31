/** What is done with each provider, and what comes out. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, Browser, described } from "../browser/browser.ts";
import { loginForm } from "../browser/forms.ts";
import type { Ability } from "../provider.ts";
import { LIFETIME, type Stage, type Visitor } from "../stage.ts";

/** When a refresh may begin: tokens are nearly out in the last fifth of their lives. */
const OF_AGE = LIFETIME * 1_000 * 0.75;

/** What a cell says. One with a note is not as it should be, or not there, and the note says why. */
export interface Outcome {
  readonly text: string;
  readonly note?: string;
}

export interface Scenario {
  /** As in `npm run providers -- --only ID`. */
  readonly id: string;
  /** The head of its row. */
  readonly title: string;
  /** Rejects where something does not hold. */
  run(stage: Stage): Promise<Outcome>;
}

export const YES: Outcome = { text: "yes" };

export function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** The cell of what a provider lacks. */
export function lacking(stage: Stage, ability: Ability): Outcome | undefined {
  const note = stage.provider.lacks[ability];
  return note === undefined ? undefined : { text: "–", note };
}

/** Asks until the answer is as wanted. Rejects with the last answer when that takes too long. */
export async function until(
  ask: () => Promise<Answer>,
  wanted: (answer: Answer) => boolean,
  limit: number,
  pause = 50,
): Promise<Answer> {
  const deadline = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    demand(Date.now() < deadline, `not within ${limit / 1_000} s; the last was ${described(answer)}`);
    await sleep(pause);
  }
}

/**
 * The session is over at its next request that needs the provider: an API hears 401, a person comes to the login,
 * no caller a 5xx for long.
 */
export async function endsAtTheNextRefresh(stage: Stage, visitor: Visitor): Promise<void> {
  await visitor.tokenRunsOut();
  // A refusal that may have other reasons is asked about a second time, so a 503 may come first.
  await until(
    () => visitor.api(),
    ({ status }) => status === 401,
    20_000,
    300,
  );
  await comesToTheLogin(stage, visitor.browser);
}

/** The next page is the provider's login, told or not why. */
export async function comesToTheLogin(stage: Stage, browser: Browser): Promise<void> {
  let page = await browser.open(`${stage.main.origin}/`);
  const login = /href="([^"]*\/auth\/login[^"]*)"/.exec(page.text)?.[1];
  if (loginForm(page.text) === undefined && login !== undefined)
    page = await browser.open(new URL(login.replaceAll("&amp;", "&"), page.url));
  demand(loginForm(page.text) !== undefined, `the provider's login was expected: ${described(page)}`);
}

/**
 * Refreshes since a moment, but for those of tokens that were given since and have come of age meanwhile, on a slow
 * machine.
 */
export function refreshes(stage: Stage, since: number): { readonly sent: number; readonly given: number } {
  const all = stage.recorder.since(since, "refresh_token");
  const first = all.filter(({ at, refreshToken }) => {
    const parent = all.find(({ given }) => given.refreshToken === refreshToken);
    return parent === undefined || at - parent.answered < OF_AGE;
  });
  return { sent: first.length, given: first.filter(({ status }) => status === 200).length };
}

/** So many browsers, each with another user. */
export async function crowd(stage: Stage, count: number): Promise<Visitor[]> {
  const visitors: Visitor[] = [];
  // Two at a time: providers make logins slow on purpose.
  for (let begun = 0; begun < count; begun += 2) {
    const pair = Array.from({ length: Math.min(2, count - begun) }, () => stage.enter(stage.user(), new Browser()));
    visitors.push(...(await Promise.all(pair)));
  }
  return visitors;
}
