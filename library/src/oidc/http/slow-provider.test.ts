/** F-30: a provider that takes long, over real connections; only time is ours. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { cookieOf } from "../../../test-support/cookies.ts";
import { engineOf } from "../../../test-support/engine/inside.ts";
import { turns, until } from "../../../test-support/event-loop.ts";
import { ORIGIN, SECRET } from "../../../test-support/origin.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { signIn } from "../../../test-support/provider/sign-on.ts";
import { REQUIRE_USER, view } from "../../../test-support/requests.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { coatcheck } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { oidcProvider } from "../provider/provider.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const USERS = 100;
/** How long each refresh takes while the provider is slow. */
const SLOW = 15 * SECOND;

const clock = manualClock(Date.now());
const op = await lyingProvider({ now: () => clock.now() });
const ended: string[] = [];
let completed = 0;
const provider = oidcProvider(
  { issuer: op.issuer, clientId: op.clientId, clientSecret: op.clientSecret },
  { clock, entropy: systemEntropy, report: () => undefined },
);
const auth = coatcheck<Record<string, unknown>>({
  publicUrl: ORIGIN,
  secrets: SECRET,
  clock,
  provider,
  session: { idle: 24 * 60 * MINUTE },
  store: memory(),
  on: ({ name, reason = "" }) => {
    if (name === "session.ended") ended.push(reason);
    if (name === "refresh.completed") completed += 1;
  },
});
after(async () => {
  const closed = auth.close();
  clock.advance(10 * MINUTE);
  await closed;
  await op.close();
});

/** Signs a user in with tokens that the provider really gave, and gives their cookie. */
async function signedIn(subject: string): Promise<string> {
  op.user = { sub: subject, claims: {} };
  const login = await signIn(op, provider);
  if (login.kind !== "login") return assert.fail(String(login.cause));
  const exchange = await engineOf(auth).open(view(""));
  exchange.loginFromProvider(login, "default");
  return cookieOf(await exchange.settle(200));
}

interface Late {
  readonly due: number;
  readonly open: () => void;
}

test("F-30 a provider that takes 15 s for ten minutes signs no user out, is shown no refresh token twice", async () => {
  op.lies.token = (honest) => ({ ...honest, expires_in: 120 });
  const cookies: string[] = [];
  for (let user = 0; user < USERS; user += 1) cookies.push(await signedIn(`user-${user}`));
  const waiting = new Set<Late>();
  let slow = true;
  let answered = 0;
  // The provider takes a token when it comes in, and answers later.
  op.lies.lost = (entry, response) => {
    if (!slow || entry.form.get("grant_type") !== "refresh_token") return false;
    const { writeHead, end } = { writeHead: response.writeHead.bind(response), end: response.end.bind(response) };
    let head: Parameters<typeof writeHead> | null = null;
    Object.assign(response, {
      writeHead: (...given: Parameters<typeof writeHead>) => {
        head = given;
        return response;
      },
      end: (body: string) => {
        const open = (): void => {
          if (head !== null) writeHead(...head);
          end(body);
          answered += 1;
        };
        waiting.add({ due: clock.monotonic() + SLOW, open });
        return response;
      },
    });
    return false;
  };

  const askAll = async (): Promise<void> => {
    const asked = cookies.map(async (cookie) => {
      const exchange = await auth.engine.open(view(cookie));
      return (await exchange.admit(REQUIRE_USER)).kind;
    });
    let open = asked.length;
    for (const one of asked) void one.then(() => (open -= 1));
    // A request waits for the provider as long as it may, and then goes on as who it is.
    while (open > 0) {
      await step();
    }
    assert.deepEqual([...new Set(await Promise.all(asked))], ["proceed"]);
  };
  const step = async (): Promise<void> => {
    clock.advance(SECOND / 2);
    for (const late of waiting) {
      if (late.due > clock.monotonic()) continue;
      waiting.delete(late);
      late.open();
    }
    await turns(20);
  };

  const end = clock.monotonic() + 10 * MINUTE;
  while (clock.monotonic() < end) {
    await askAll();
    for (let half = 0; half < 20; half += 1) await step();
  }
  slow = false;
  for (const late of waiting) late.open();
  waiting.clear();
  await until(() => completed >= answered);
  clock.advance(2 * MINUTE);
  for (let round = 0; round < 40; round += 1) await step();
  await askAll();

  assert.deepEqual(ended, [], "nobody was signed out");
  const shown = new Map<string, number>();
  for (const { form } of op.journal) {
    const token = form.get("refresh_token");
    if (token !== null) shown.set(token, (shown.get(token) ?? 0) + 1);
  }
  assert.ok(shown.size >= 4 * USERS, `${shown.size} refreshes`);
  assert.deepEqual(
    [...shown.values()].filter((times) => times > 1),
    [],
    "no refresh token was shown twice",
  );
  for (const cookie of cookies) {
    const exchange = await auth.engine.open(view(cookie));
    const token = exchange.session.accessToken();
    let live = "";
    void token.then((given) => (live = given));
    for (let round = 0; live === "" && round < 400; round += 1) await step();
    assert.notEqual(live, "", "everybody has a live token");
  }
});
