/** Going out: here, there, and by an administrator's hand. */
import { Browser, described } from "../browser/browser.ts";
import { formsOf, loginForm } from "../browser/forms.ts";
import type { Stage, Visitor } from "../stage.ts";
import { comesToTheLogin, demand, endsAtTheNextRefresh, lacking, type Outcome, type Scenario, until } from "./scenario.ts";

/** How soon a session is over that the provider told us of. */
const SOON = 1_000;

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
        5_000,
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
    const visitor = await stage.enter(stage.user());
    await signOutAt(stage, visitor.browser);
    return hearsOfTheEnd(stage, [visitor]);
  },
};

const ended: Scenario = {
  id: "sessions-ended",
  title: "an administrator ends a user's two sessions",
  async run(stage) {
    const lacks = lacking(stage, "end-sessions");
    if (lacks !== undefined) return lacks;
    const user = stage.user();
    const visitors = [await stage.enter(user), await stage.enter(user)];
    await stage.running.endSessions?.(user);
    const note = stage.provider.lacks["every-notice"];
    if (note === undefined) return hearsOfTheEnd(stage, visitors, stage.provider.lacks["end-notice"]);
    const first = await Promise.any(visitors.map((visitor) => isOverSoon(visitor).then(() => visitor)));
    const others = visitors.filter((visitor) => visitor !== first);
    for (const other of others) await endsAtTheNextRefresh(stage, other);
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

/** Sessions are over at once where the provider says so, else when they are asked next. */
async function hearsOfTheEnd(stage: Stage, visitors: readonly Visitor[], quiet?: string): Promise<Outcome> {
  const note = stage.provider.lacks["back-channel"] ?? quiet;
  if (note !== undefined) {
    for (const visitor of visitors) await endsAtTheNextRefresh(stage, visitor);
    return { text: "ends at the next refresh", note };
  }
  await Promise.all(visitors.map(isOverSoon));
  return { text: "ends within a second" };
}

const isOverSoon = (visitor: Visitor) =>
  until(
    () => visitor.session(),
    ({ status }) => status === 401,
    SOON,
    20,
  );

/** Signs somebody out where they are signed on, without an app. */
async function signOutAt(stage: Stage, browser: Browser): Promise<void> {
  const response = await fetch(`${stage.running.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const endpoint: unknown = Reflect.get(Object(await response.json()), "end_session_endpoint");
  let page = await browser.open(String(endpoint));
  if (asks(page.text)) page = await browser.confirm(page);
  demand(page.status === 200, `signing out there led to ${described(page)}`);
}

export const SIGN_OUT: readonly Scenario[] = [here, there, ended, disabled];

const asks = (html: string): boolean => formsOf(html).some(({ method }) => method === "POST");
