/** Compares what a connection brought with what it should: foreign answers, leaks, framing, missing answers. */
import type { Played } from "./clients/client.ts";
import { type Answer, valuesOf } from "./clients/wire.ts";
import { type Expected, expectedOf } from "./expected.ts";
import type { ConnectionPlan, RequestPlan } from "./plan.ts";
import { bodyOf } from "./servers/answering.ts";
import { UPSTREAM_TIMEOUT } from "./servers/gateway.ts";
import type { Seen } from "./servers/upstream.ts";

/** What went on beside a connection. */
export interface Circumstances {
  /** The store failed for a part of it. */
  readonly outage: boolean;
  /** The gateway ended meanwhile, which is told elsewhere. */
  readonly crashed: boolean;
  /** What the app saw of each request. */
  readonly seen: (id: string) => readonly Seen[];
}

/** Why an answer is wrong. `foreign`: it is of another request, or for another user. */
export interface Violation {
  readonly kind: "foreign" | "framing" | "wrong" | "unanswered" | "open" | "leaked";
  readonly connection: number;
  readonly message: string;
}

/** Holds what a connection brought against what it should. Pure: it can be tried on invented connections. */
export function judge(plan: ConnectionPlan, played: Played, circumstances: Circumstances): readonly Violation[] {
  const found: Violation[] = [];
  const say = (kind: Violation["kind"], message: string): void => void found.push({ kind, connection: plan.index, message });
  const expected = plan.requests.map((request) => duringOutage(expectedOf(request), request, circumstances));
  if (played.over === "stuck") say("open", "neither side closed the connection");
  if (played.fault !== null && !isGoodbye(plan, played))
    say(/no request asked|evil/.test(played.fault) ? "foreign" : "framing", played.fault);
  for (const [turn, answer] of played.answers.entries()) {
    const [request, wanted] = [plan.requests[turn], expected[turn]];
    if (request === undefined || wanted === undefined) say("foreign", `an answer ${answer.status} to no request`);
    else for (const wrong of wrongWith(answer, request, wanted, played)) say(wrong.kind, `${request.id}: ${wrong.message}`);
  }
  for (const request of plan.requests)
    judgeSeen(request, expected[plan.requests.indexOf(request)], circumstances.seen(request.id), say);
  if (!circumstances.crashed && played.fault === null) judgeEnd(plan, played, expected, say);
  judgeTunnel(plan, played, say);
  return found;
}

/**
 * A client that goes within a body was answered before, or is told once more that this was no request. It is gone;
 * it cannot be mistaken.
 */
function isGoodbye({ requests }: ConnectionPlan, { fault, answers }: Played): boolean {
  const last = requests.at(-1)?.body?.end === "cut" ? answers.length - requests.length : null;
  return last === 0 && /^bytes (that no request asked for|after an answer that closes).*HTTP\/1\.1 40[08] /.test(fault ?? "");
}

type Say = (kind: Violation["kind"], message: string) => void;
type Wrong = Pick<Violation, "kind" | "message">;

function duringOutage(expected: Expected, { rule, kind }: RequestPlan, { outage }: Circumstances): Expected {
  if (!outage || (rule === "public" && kind !== "own" && kind !== "check")) return expected;
  return { ...expected, own: [...expected.own, 503], app: expected.app === "must" ? "may" : expected.app };
}

function wrongWith(answer: Answer, request: RequestPlan, expected: Expected, played: Played): readonly Wrong[] {
  const [id] = valuesOf(answer, "x-fuzz-id");
  const wrong = [...wrongHints(answer.interim, request)];
  if (id === undefined) return [...wrong, ...wrongOwn(answer, expected, played)];
  const [user = ""] = valuesOf(answer, "x-fuzz-user");
  if (id !== request.id) wrong.push({ kind: "foreign", message: `the answer is that of ${id}` });
  if (expected.app === "never")
    wrong.push({ kind: "leaked", message: `the app answered ${answer.status}, and was not to be asked` });
  else if (!expected.users.includes(user))
    wrong.push({ kind: "foreign", message: `the app was told that ${user} asks, not ${expected.users}` });
  const { app, complete } = expected.outcome;
  if (expected.app !== "never" && answer.status !== app)
    wrong.push({ kind: "wrong", message: `the app said ${app}, the client heard ${answer.status}` });
  if (!answer.body.equals(bodyOf(request.id, answer.body.length)))
    wrong.push({ kind: "foreign", message: "the body is not that of the request" });
  const bounded = valuesOf(answer, "content-length").length + valuesOf(answer, "transfer-encoding").length > 0;
  if (answer.complete && complete === "never" && bounded && request.method !== "HEAD")
    wrong.push({ kind: "wrong", message: "an answer that the app broke off looks whole" });
  for (const name of ["x-gone", "proxy-connection", "x-smuggled"])
    if (valuesOf(answer, name).length > 0) wrong.push({ kind: "wrong", message: `the header ${name} came through` });
  if (valuesOf(answer, "set-cookie").some((cookie) => cookie.includes("evil")))
    wrong.push({ kind: "wrong", message: "the app set a cookie of ours" });
  if (answer.trailers.some(([name]) => name !== "x-sum"))
    wrong.push({ kind: "wrong", message: `trailers ${answer.trailers.join("; ")}` });
  return wrong;
}

/** Answers of the gateway itself bear no id; they are known by what alone can be said to the request. */
function wrongOwn({ status, headers, body }: Answer, { own, app }: Expected, { from, until }: Played): readonly Wrong[] {
  // Who is busy elsewhere may be late; that is told as what it is.
  const late = status === 504 && app !== "never" && until - from >= UPSTREAM_TIMEOUT;
  if (own.includes(status) || late) return [];
  const text = `${headers.map((line) => line.join(": ")).join(", ")} ${body.toString("latin1", 0, 120)}`;
  const besides = own.length === 0 ? "nothing" : own.join(", ");
  return [
    {
      kind: "wrong",
      message: `the gateway said ${status}; of its own it may say ${besides}${app === "must" ? ", and the app was to answer" : ""} (${text})`,
    },
  ];
}

function wrongHints(interim: Answer["interim"], request: RequestPlan): readonly Wrong[] {
  const wrong: Wrong[] = [];
  for (const head of interim) {
    const [link = ""] = valuesOf(head, "link");
    if (head.status === 103 && !link.includes(`</${request.id}>`))
      wrong.push({ kind: "foreign", message: `hints of another request: ${link}` });
    if (head.status === 100 && !request.expects)
      wrong.push({ kind: "foreign", message: "100, and the client did not wait for it" });
    if (head.status !== 100 && head.status !== 103) wrong.push({ kind: "wrong", message: `an interim answer ${head.status}` });
  }
  if (interim.filter(({ status }) => status === 100).length > 1) wrong.push({ kind: "foreign", message: "100 twice" });
  return wrong;
}

function judgeSeen(
  { id, method, body, rule, manner }: RequestPlan,
  expected: Expected | undefined,
  seen: readonly Seen[],
  say: Say,
): void {
  if (expected === undefined) return;
  for (const { user, authorization, body: came } of seen) {
    if (expected.app === "never") say("leaked", `${id}: the app was asked, and was not to be`);
    else if (!expected.users.includes(user)) say("foreign", `${id}: the app was told that ${user} asks, not ${expected.users}`);
    if (came === "foreign") say("foreign", `${id}: the app got the body of another request`);
    if (rule !== "public" && rule !== "token" && authorization !== null)
      say("leaked", `${id}: the app got a token that it was not to get`);
    if (
      rule === "token" &&
      authorization?.startsWith("Bearer token-of-") === true &&
      !authorization.startsWith(`Bearer token-of-${user}-`)
    )
      say("foreign", `${id}: the app got the token of another user than ${user}`);
  }
  // What a refused token kept from being done is sent once more with the next one, whatever it is; what an idle
  // connection lost, only if it is safe.
  const again = body === null && manner === "rejects" ? 2 : 1;
  const most = body === null && (method === "GET" || method === "HEAD" || method === "OPTIONS") ? 3 : again;
  if (seen.length > most) say("wrong", `${id}: the app was asked ${seen.length} times`);
}

/** Every request that went out is answered, unless something before it ended the connection. */
function judgeEnd(plan: ConnectionPlan, { answers, begun, over }: Played, expected: readonly Expected[], say: Say): void {
  if (over === "left" || over === "stuck" || plan.ending === "half") return;
  const last = answers.at(-1);
  const broken = answers.findIndex(({ complete }) => !complete);
  const whole = broken < 0 ? answers.length : broken;
  if (last?.closes === true && last.complete) return;
  const upTo = expected.slice(0, whole + 1);
  if (whole >= begun || upTo.some(({ cut }) => cut)) return;
  // Closing over what the client still sends resets the connection, which can overtake all answers that it has not
  // read.
  if (over === "reset" && expected.slice(0, begun).some(({ closes }) => closes)) return;
  const request = plan.requests[whole];
  say("unanswered", `${request?.id}: ${broken < 0 ? "no answer" : "half an answer"}, and nothing says why (${over})`);
}

function judgeTunnel({ requests }: ConnectionPlan, { tunnel }: Played, say: Say): void {
  if (tunnel === "") return;
  const id = requests.at(-1)?.id;
  if (!`hello ${id}\nping ${id}\n`.startsWith(tunnel))
    say("foreign", `${id}: in its tunnel came ${JSON.stringify(tunnel.slice(0, 200))}`);
}
