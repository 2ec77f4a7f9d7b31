/** The provider goes away and comes back, and signs with another key. */
import { Browser, described } from "../browser/browser.ts";
import type { Stage } from "../stage.ts";
import { comesToTheLogin, crowd, demand, lacking, type Scenario, until, YES } from "./scenario.ts";

const SESSIONS = 5;
/** After the provider's return: a success with one session shortens the others' pauses. */
const BACK_AGAIN = 30_000;

const restarted: Scenario = {
  id: "restart",
  title: "the provider stops, tokens run out, it starts again",
  async run(stage) {
    const visitors = await crowd(stage, SESSIONS);
    await stage.running.stop();
    await stage.recorder.close();
    try {
      await visitors.at(-1)?.tokenRunsOut();
      await meanwhile(stage, visitors);
    } finally {
      await stage.running.start();
      await stage.recorder.open();
    }
    const note = stage.provider.lacks["memory"];
    for (const visitor of visitors) {
      const answer = await until(
        () => visitor.api(),
        ({ status }) => [200, 401].includes(status),
        BACK_AGAIN,
        300,
      );
      demand(answer.status === (note === undefined ? 200 : 401), `afterwards it said ${described(answer)}`);
    }
    if (note === undefined) return { text: "all stay signed in" };
    for (const { browser } of visitors) await comesToTheLogin(stage, browser);
    return { text: "all sign in again", note };
  },
};

/** People stay signed in, tokens are not to be had, and a login says why it cannot be. */
async function meanwhile(stage: Stage, visitors: Awaited<ReturnType<typeof crowd>>): Promise<void> {
  for (const visitor of visitors) {
    const page = await visitor.browser.open(`${stage.main.origin}/`);
    demand(stage.told(page).user === visitor.told.user, "a user is taken for another");
    const api = await visitor.api();
    demand(api.status === 503, `without a token it should be 503: ${described(api)}`);
    demand(Number(api.headers["retry-after"]) > 0, "503 says nothing of when to come again");
  }
  // With metadata that are still good an anonymous caller is sent on, to where no server answers; else told so here.
  const anonymous = await new Browser().open(`${stage.main.origin}/`).catch((error: unknown) => {
    if (Reflect.get(Object(error), "code") === "ECONNREFUSED") return undefined;
    throw error;
  });
  if (anonymous !== undefined) demand(anonymous.status === 503, `a login meanwhile led to ${described(anonymous)}`);
}

const keys: Scenario = {
  id: "keys",
  title: "the provider's keys are rotated",
  async run(stage) {
    const lacks = lacking(stage, "rotate-keys");
    if (lacks !== undefined) return lacks;
    const before = await stage.enter(stage.user());
    await stage.running.rotateKeys?.();
    const after = await stage.enter(stage.user());
    demand(after.told.user !== "", "no user came in");
    await before.tokenRunsOut();
    await before.token();
    return YES;
  },
};

export const OUTAGE: readonly Scenario[] = [keys, restarted];
