/** The suite that every pair of web server and authenticating proxy has to pass. */
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import * as cases from "./cases.ts";
import type { Front } from "./fronts.ts";
import { openBrowser } from "./person.ts";
import { openProxyChain, type ProxyChain } from "./proxy-chain.ts";
import type { SignOn } from "./sign-on.ts";

/** The whole of what an app behind a proxy is promised, in a real browser, with these two in front. */
export function behind(chromium: string, front: Front, signOn: SignOn): void {
  const open = new AsyncDisposableStack();
  let chain: ProxyChain;
  let browser: Browser;
  before(async () => {
    chain = open.use(await openProxyChain(front, signOn));
    browser = await openBrowser(chromium);
    open.defer(() => browser.close());
  });
  after(() => open.disposeAsync());

  const holds = (promise: string, kept: (world: cases.World) => Promise<void>) =>
    test(`${promise} (${front.name}, ${signOn.name})`, () => kept({ chain, browser }));
  holds("a page becomes the login and comes back, a script gets 401", cases.refusesAnonymousCallers);
  holds(
    "S-30, S-33 another user upstream is another user in the same tab, and the old cookie is dead",
    cases.servesWhoeverTheProxyNames,
  );
  holds("S-31 while the users cannot be looked up no user is served or signed out", cases.outlivesAnOutageOfTheUsers);
  holds("S-32 a blocked user gets 403, and their session is over", cases.endsTheBlocked);
  holds("LO-01 the app's logout leads out of the sign-on too", cases.leavesAtTheSignOut);
  holds("S-35 twenty first requests at once store one session", cases.storesOneSessionForABurst);
  holds("S-35 programs without cookies store none", cases.storesNothingForPrograms);
  holds("S-28, TP-03 what clients say of themselves authenticates no user", cases.believesNoClient);
  holds("the sign-on's cookie stays in front of the app", cases.keepsTheSignOnsCookie);
  holds("without the authenticating proxy no request is let through", cases.losesTheSignOn);
}
