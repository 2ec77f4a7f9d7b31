/** Coming in: once, wrongly, in two browsers, in two tabs, and Back. */
import { Browser, described } from "../browser/browser.ts";
import { loginForm } from "../browser/forms.ts";
import type { Stage } from "../stage.ts";
import { demand, endsAtTheNextRefresh, lacking, type Scenario, YES } from "./scenario.ts";

const signIn: Scenario = {
  id: "sign-in",
  title: "sign in",
  async run(stage) {
    const [begun, user] = [Date.now(), stage.user()];
    const { told, browser } = await stage.enter(user, new Browser(), "/orders");
    demand(told.user !== "" && told.email === user, `the app was told "${told.user}", "${told.email}"`);
    const session = await browser.fetch(`${stage.main.origin}/auth/session`);
    demand(session.status === 200, `the session's endpoint said ${described(session)}`);
    const calls = stage.recorder.calls.filter(({ at }) => at >= begun);
    demand(calls.length === 1, `the provider was asked for tokens ${calls.length} times`);
    demand(calls[0]?.given.refreshToken !== undefined, "the provider gave no refresh token");
    return YES;
  },
};

const wrongPassword: Scenario = {
  id: "wrong-password",
  title: "wrong password, then the right one",
  async run(stage) {
    const [browser, user] = [new Browser(), stage.user()];
    const asked = await browser.open(`${stage.main.origin}/`);
    const again = await browser.logIn(asked, user, "not-the-password");
    demand(loginForm(again.text) !== undefined, `the login should be there again: ${described(again)}`);
    demand(!again.trail.some(({ origin }) => origin === stage.main.origin), "a wrong password led back to the app");
    const session = await browser.fetch(`${stage.main.origin}/auth/session`);
    demand(session.status === 401, `no user should be signed in: ${described(session)}`);
    stage.told(await browser.logIn(again, user, stage.password));
    return YES;
  },
};

const twoBrowsers: Scenario = {
  id: "two-browsers",
  title: "two browsers of one user, both after their tokens ran out",
  async run(stage) {
    const user = stage.user();
    const [first, second] = [await stage.enter(user), await stage.enter(user)];
    const note = stage.provider.lacks["many-grants"];
    if (note !== undefined) {
      await endsAtTheNextRefresh(stage, first);
      await second.token();
      return { text: "the second", note };
    }
    await second.tokenRunsOut();
    const tokens = [await first.token(), await second.token()];
    demand(tokens[0] !== tokens[1], "both have one token");
    return YES;
  },
};

const twoTabs: Scenario = {
  id: "two-tabs",
  title: "two tabs at the login at once, each back on its own page",
  async run(stage) {
    const [browser, user] = [new Browser(), stage.user()];
    const one = await browser.open(`${stage.main.origin}/one`);
    const two = await browser.open(`${stage.main.origin}/two`);
    const first = await browser.logIn(one, user, stage.password);
    demand(stage.told(first).path === "/one", `the first tab came to ${described(first)}`);
    const second = await browser.logIn(two, user, stage.password);
    demand(stage.told(second).path === "/two", `the second tab came to ${described(second)}`);
    demand(stage.told(second).user === stage.told(first).user, "the tabs are of two users");
    return YES;
  },
};

const back: Scenario = {
  id: "back",
  title: "Back, to the callback and to the login form",
  async run(stage) {
    const [browser, user] = [new Browser(), stage.user()];
    const asked = await browser.open(`${stage.main.origin}/`);
    const here = await browser.logIn(asked, user, stage.password);
    const { user: subject } = stage.told(here);
    const callback = here.trail.find(({ href }) => href.startsWith(`${stage.main.origin}/auth/callback`));
    demand(callback !== undefined, "the way in led past no callback");
    const again = await browser.open(callback);
    demand(stage.told(again).user === subject, `the callback once more led to ${described(again)}`);
    // What comes of the form is the provider's affair; who is signed in here stays so.
    const form = await browser.logIn(asked, user, stage.password);
    demand(isNoFailure(stage, form), `the form once more led to ${described(form)}`);
    demand(stage.told(await browser.open(`${stage.main.origin}/`)).user === subject, "another user is signed in");
    return YES;
  },
};

/** It is the provider's page, or the app's. */
function isNoFailure(stage: Stage, page: Awaited<ReturnType<Browser["open"]>>): boolean {
  return page.url.origin !== stage.main.origin || page.status === 200;
}

const oneLogin: Scenario = {
  id: "one-login",
  title: "one login for two apps",
  async run(stage) {
    const lacks = lacking(stage, "single-sign-on");
    if (lacks !== undefined) return lacks;
    const { browser, told } = await stage.enter(stage.user());
    const page = await browser.open(`${stage.other.origin}/`);
    demand(stage.told(page).user === told.user, "the other app has another user");
    return YES;
  },
};

export const SIGN_IN: readonly Scenario[] = [signIn, wrongPassword, twoBrowsers, twoTabs, back, oneLogin];
