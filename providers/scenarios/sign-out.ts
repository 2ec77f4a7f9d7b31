/** Going out: here, there, and by an administrator's hand. */
import { Browser, described } from "../browser/browser.ts";
import { formsOf, loginForm } from "../browser/forms.ts";
import type { Stage, Visitor } from "../stage.ts";
import { comesToTheLogin, demand, endsAtTheNextRefresh, lacking, type Outcome, type Scenario, until } from "./scenario.ts";

/**
 * How soon a session is over that the provider told us of, on a machine that is not busy with something else just then.
 */
const SOON = 1_000;
const ATTEMPTS = 5;

const here: Scenario = {
  id: "sign-out-here",
  title: "sign out here",
  async run(stage) {
    const visitor = await stage.enter(stage.user());
    const thief = new Browser(visitor.browser.jar.copy());
    const begun = Date.now();
    const action = `${stage.main.origin}/auth/logout`;
    const form = { action, method: "POST", fields: new Map(), names: new Map() } as const;
    let page = await visitor.browser.submit(visitor.page, form);
    // Some providers ask whether that is meant.
    if (page.url.origin !== stage.main.origin && loginForm(page.text) === undefined && asks(page.text))
      page = await visitor.browser.confirm(page);
    demand(page.status < 500, `signing out led to ${described(page)}`);
    const copied = await thief.fetch(`${stage.main.origin}/auth/session`);
    demand(copied.status === 401, `the copied cookie still works: ${described(copied)}`);
    if (stage.provider.lacks["revocation"] === undefined) {
      await until(
        async () => ({ ...page, status: stage.recorder.calls.some((call) => revokedSince(call, begun)) ? 200 : 404 }),
        ({ status }) => status === 200,
        30_000,
      );
    }
    const lacks = lacking(stage, "end-session");
    if (lacks?.note !== undefined) return { text: "here alone", note: lacks.note };
    demand(page.status === 200, `the provider's logout led to ${described(page)}`);
    demand(page.url.origin === stage.main.origin || loginForm(page.text) !== undefined, `it ended at ${described(page)}`);
    page = await visitor.browser.open(`${stage.main.origin}/`);
    demand(loginForm(page.text) !== undefined, `the provider should ask again: ${described(page)}`);
    return { text: "here and there" };
  },
};

const revokedSince = ({ at, path, status }: { at: number; path: string; status: number }, since: number): boolean =>
  at >= since && /revo/.test(path) && status === 200;

const there: Scenario = {
  id: "sign-out-there",
  title: "sign out at the provider",
  async run(stage) {
    const lacks = lacking(stage, "single-sign-on") ?? lacking(stage, "end-session");
    if (lacks !== undefined) return lacks;
    return hearsOfTheEnd(stage, async () => {
      const visitor = await stage.enter(stage.user());
      await signOutAt(stage, visitor.browser);
      return [visitor];
    });
  },
};

const ended: Scenario = {
  id: "sessions-ended",
  title: "an administrator ends a user's two sessions",
  async run(stage) {
    const lacks = lacking(stage, "end-sessions");
    if (lacks !== undefined) return lacks;
    const endThem = async (): Promise<readonly Visitor[]> => {
      const user = stage.user();
      const visitors = [await stage.enter(user), await stage.enter(user)];
      await stage.running.endSessions?.(user);
      return visitors;
    };
    const note = stage.provider.lacks["every-notice"];
    if (note === undefined) return hearsOfTheEnd(stage, endThem, stage.provider.lacks["end-notice"]);
    const other = await inOneOfSome(async () => {
      const visitors = await endThem();
      const [first, soon] = await Promise.any(visitors.map(async (visitor) => [visitor, await isOverSoon(visitor)] as const));
      return soon ? visitors.find((visitor) => visitor !== first) : undefined;
    });
    await endsAtTheNextRefresh(stage, other);
    return { text: "one ends within a second, the other at its next refresh", note };
  },
};

const disabled: Scenario = {
  id: "user-disabled",
  title: "an administrator disables the user",
  async run(stage) {
    const lacks = lacking(stage, "disable-user");
    if (lacks !== undefined) return lacks;
    const user = stage.user();
    const visitor = await stage.enter(user);
    await stage.running.disableUser?.(user);
    const note = stage.provider.lacks["clear-refusal"];
    if (note !== undefined) {
      await visitor.tokenRunsOut();
      await until(
        () => visitor.api(),
        ({ status }) => status === 401,
        60_000,
        500,
      );
      await comesToTheLogin(stage, visitor.browser);
      return { text: "ends, in time", note };
    }
    await endsAtTheNextRefresh(stage, visitor);
    return { text: "ends at the next refresh" };
  },
};

/**
 * Sessions are over at once where the provider says so, else when they are asked next. `end` ends those of people who
 * have just come.
 */
async function hearsOfTheEnd(stage: Stage, end: () => Promise<readonly Visitor[]>, quiet?: string): Promise<Outcome> {
  const note = stage.provider.lacks["back-channel"] ?? quiet;
  if (note !== undefined) {
    for (const visitor of await end()) await endsAtTheNextRefresh(stage, visitor);
    return { text: "ends at the next refresh", note };
  }
  await inOneOfSome(async () => {
    const soon = await Promise.all((await end()).map(isOverSoon));
    return soon.every(Boolean) ? true : undefined;
  });
  return { text: "ends within a second" };
}

/** What an attempt finds. Who is always late is late each time; a busy machine is not. */
async function inOneOfSome<Found>(attempt: () => Promise<Found | undefined>): Promise<Found> {
  for (let left = ATTEMPTS; left > 0; left--) {
    const found = await attempt();
    if (found !== undefined) return found;
  }
  throw new Error(`not within ${SOON / 1_000} s, in none of ${ATTEMPTS} attempts`);
}

/** Waits until the session is over; whether that was soon. */
async function isOverSoon(visitor: Visitor): Promise<boolean> {
  const begun = Date.now();
  await until(
    () => visitor.session(),
    ({ status }) => status === 401,
    15_000,
    20,
  );
  return Date.now() - begun < SOON;
}

/** Signs a user out at the provider where they are signed on, without an app. */
async function signOutAt(stage: Stage, browser: Browser): Promise<void> {
  const response = await fetch(`${stage.running.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const endpoint: unknown = Reflect.get(Object(await response.json()), "end_session_endpoint");
  let page = await browser.open(String(endpoint));
  if (asks(page.text)) page = await browser.confirm(page);
  demand(page.status === 200, `signing out there led to ${described(page)}`);
}

export const SIGN_OUT: readonly Scenario[] = [here, there, ended, disabled];

const asks = (html: string): boolean => formsOf(html).some(({ method }) => method === "POST");
