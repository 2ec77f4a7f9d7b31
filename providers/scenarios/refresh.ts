/** Access tokens that run out, alone and all at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { described } from "../browser/browser.ts";
import type { Stage } from "../stage.ts";
import { crowd, demand, refreshes, type Scenario, until, YES } from "./scenario.ts";

const forwarding: Scenario = {
  id: "forwarding",
  title: "the access token reaches the app, and the provider knows it",
  async run(stage) {
    const visitor = await stage.enter(stage.user());
    const subject = await subjectOf(stage, await visitor.token());
    demand(subject === visitor.told.user, `UserInfo said ${subject}, the app was told ${visitor.told.user}`);
    return YES;
  },
};

const refresh: Scenario = {
  id: "refresh",
  title: "refresh when the token has run out",
  async run(stage) {
    const visitor = await stage.enter(stage.user());
    const [before, session] = [await visitor.token(), (await visitor.session()).text];
    const begun = Date.now();
    await visitor.tokenRunsOut();
    const after = await visitor.token();
    demand(after !== before, "the token is the old one");
    demand((await subjectOf(stage, after)) === visitor.told.user, "the new token is another user's");
    demand(idOf((await visitor.session()).text) === idOf(session), "the session is another");
    const { sent } = refreshes(stage, begun);
    demand(sent === 1, `the provider was asked ${sent} times`);
    return YES;
  },
};

const STORM = 100;

const storm: Scenario = {
  id: "storm",
  title: "100 requests at once over two gateways, when the token has run out",
  async run(stage) {
    const visitor = await stage.enter(stage.user());
    await visitor.tokenRunsOut();
    const begun = Date.now();
    const answers = await Promise.all(Array.from({ length: STORM }, () => visitor.api()));
    const wrong = answers.find(({ status }) => status !== 200);
    demand(wrong === undefined, `of ${STORM} answers one was ${wrong === undefined ? "" : described(wrong)}`);
    const tokens = new Set(answers.map((answer) => stage.told(answer).token)).size;
    const { sent } = refreshes(stage, begun);
    demand(sent === 1, `the provider was asked ${sent} times`);
    // Where the requests took so long that the new token came of age, there is another one.
    const given = stage.recorder.since(begun, "refresh_token").length;
    demand(tokens <= given, `there are ${tokens} tokens of ${given} refreshes`);
    return { text: "1 refresh" };
  },
};

const SESSIONS = 20;
const REQUESTS = 10;

const manySessions: Scenario = {
  id: "many-sessions",
  title: "20 sessions, 10 requests each, when all their tokens have run out",
  async run(stage) {
    const visitors = await crowd(stage, SESSIONS);
    await visitors.at(-1)?.tokenRunsOut();
    const begun = Date.now();
    const asked = visitors.flatMap((visitor) =>
      Array.from({ length: REQUESTS }, async () => ({ visitor, answer: await visitor.api() })),
    );
    for (const { visitor, answer } of await Promise.all(asked))
      demand(stage.told(answer).user === visitor.told.user, "a user was taken for another");
    const { sent, given } = refreshes(stage, begun);
    demand(sent === SESSIONS && given === SESSIONS, `the provider was asked ${sent} times and gave ${given} tokens`);
    return { text: `${SESSIONS} refreshes` };
  },
};

/** Longer than a gateway waits for an answer, by its default. */
const SLOW = 12_000;

const slow: Scenario = {
  id: "slow",
  title: "the provider takes 12 s to answer a refresh",
  async run(stage) {
    const visitor = await stage.enter(stage.user());
    await visitor.tokenRunsOut();
    const begun = Date.now();
    stage.recorder.slow(SLOW);
    try {
      const first = await visitor.api();
      demand([200, 503].includes(first.status), `meanwhile it said ${described(first)}`);
      const page = await visitor.browser.open(`${stage.main.origin}/`);
      demand(stage.told(page).user === visitor.told.user, "meanwhile another user was there");
      await sleep(Math.max(0, begun + SLOW + 500 - Date.now()));
    } finally {
      stage.recorder.slow(0);
    }
    await until(
      () => visitor.api(),
      ({ status }) => status === 200,
      10_000,
      500,
    );
    const tokens = stage.recorder.since(begun, "refresh_token").map((call) => call.refreshToken);
    demand(new Set(tokens).size === tokens.length, "a refresh token was shown twice");
    return { text: "stays signed in" };
  },
};

/** Whom the provider says a token is for. */
async function subjectOf(stage: Stage, token: string): Promise<string> {
  const metadata = await json(await fetch(`${stage.running.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`));
  const endpoint = String(Reflect.get(Object(metadata), "userinfo_endpoint"));
  const said = await json(await fetch(endpoint, { headers: { authorization: `Bearer ${token}` } }));
  return String(Reflect.get(Object(said), "sub"));
}

async function json(response: Response): Promise<unknown> {
  return response.ok ? response.json() : { sub: `(${response.status})` };
}

const idOf = (session: string): string | undefined => /"id":\s*"([^"]+)"/.exec(session)?.[1];

export const REFRESH: readonly Scenario[] = [forwarding, refresh, storm, manySessions, slow];
