/** What may come of each planned request: whether the app is asked, as which user, and with which statuses. */
import { FLAWS } from "./clients/flaws.ts";
import { MANNERS, type RequestPlan } from "./plan.ts";
import type { Outcome } from "./servers/answering.ts";
import { LARGEST_BODY } from "./servers/gateway.ts";

/** What may come of a request, whatever goes on beside it. */
export interface Expected {
  /** Whether the app is asked. */
  readonly app: "must" | "may" | "never";
  /** The users that the app may be told; an anonymous caller is an empty name. */
  readonly users: readonly string[];
  /** What the app says, where it is asked. */
  readonly outcome: Outcome;
  /** What the gateway may say of its own. */
  readonly own: readonly number[];
  /** Whether the connection may break before its answer is whole, and says so. */
  readonly cut: boolean;
  /** Whether the gateway may close the connection at it, so that a reset can overtake the answer. */
  readonly closes: boolean;
}

const NOTHING: Outcome = { app: 0, complete: "must", own: [] };
const OWN_ENDPOINTS = [200, 204, 302, 303, 400, 401, 403, 404, 405];
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

const refused = (own: readonly number[], more: Partial<Expected> = {}): Expected => ({
  app: "never",
  users: [],
  outcome: NOTHING,
  own,
  cut: false,
  closes: false,
  ...more,
});

export function expectedOf(request: RequestPlan): Expected {
  const { kind, body, minor, connection, upgrade, flaw } = request;
  const closes = connection === "close" || minor === 0 || body !== null || upgrade !== null;
  const flawed = FLAWS.find(({ name }) => name === flaw);
  if (flawed !== undefined) {
    const strict = flawed.ends === "must" || isForApp(request);
    return refused(strict ? flawed.own : [...OWN_ENDPOINTS, ...flawed.own], { closes: true, cut: flawed.ends === "must" });
  }
  const cut = body !== null && body.end !== "whole";
  // A handshake that is not answered in kind is refused, by whatever words.
  if (upgrade === "h2c" && kind !== "check") return refused([400], { closes });
  if (!isForApp(request)) {
    const own = kind === "nowhere" ? [404] : OWN_ENDPOINTS;
    return refused(cut ? [...own, 400, 408] : own, { closes, cut });
  }
  if (body !== null && body.chunks === 0 && body.length > LARGEST_BODY)
    return refused(cut ? [413, 400, 408] : [413], { closes, cut: true });
  const admitted = admissionOf(request);
  if (admitted.app === "never") return refused(cut ? [...admitted.own, 400, 408] : admitted.own, { closes, cut });
  return withOutcome(request, { ...admitted, closes, cut });
}

const isForApp = ({ kind }: RequestPlan): boolean => kind === "calm" || kind === "rough" || kind === "ws";

type Admitted = Pick<Expected, "app" | "users" | "own">;

/** Who may pass, by the rule and what the request shows. */
function admissionOf(request: RequestPlan): Admitted {
  const { rule, credential, person, method, site, upgrade } = request;
  const no = (...own: number[]): Admitted => ({ app: "never", users: [], own });
  if (rule === "public") return { app: "must", users: [""], own: [] };
  const unsafe = !SAFE.has(method);
  // A handshake from elsewhere is refused before its caller is authenticated.
  if (upgrade === "websocket" && site === "cross") return no(403);
  if (credential === "bogus-bearer") return no(401, 403);
  if (credential === "both") return { app: "may", users: [`m${person}`, `mr${person}`], own: [400, 401, 403] };
  const cookie = credential !== "none" && credential !== "robot";
  if (unsafe && credential !== "robot" && (site === "cross" || (site === "unsaid" && cookie))) return no(403, 401, 302, 303);
  const name =
    credential === "robot" ? `mr${person}` : credential === "member" ? `m${person}` : credential === "other" ? `o${person}` : "";
  if (name === "") return rule === "optional" ? { app: "must", users: [""], own: [] } : no(401, 302, 303);
  if (rule === "groups" && credential === "other") return no(403);
  // No browser leaves out where a handshake comes from.
  if (upgrade === "websocket" && site === "unsaid") return no(403);
  return { app: "must", users: [name], own: [] };
}

/** What the manner of the app adds, and what became of the request's own body. */
function withOutcome(request: RequestPlan, admitted: Admitted & Pick<Expected, "cut" | "closes">): Expected {
  const { kind, manner, method, body, upgrade } = request;
  const known = MANNERS.get(`${kind}/${manner}`);
  const played = known?.outcome ?? NOTHING;
  const own = [...admitted.own, ...played.own];
  // Handshakes go over connections that end with each, and HEAD is answered without a body even by who breaks the
  // rules.
  const loose = (kind === "rough" && (method === "HEAD" || body !== null)) || (upgrade === "websocket" && kind !== "ws");
  const outcome: Outcome = loose ? { ...played, complete: "may" } : played;
  if (loose) own.push(502);
  let { app, cut } = admitted;
  if (played.complete === "never" || played.complete === "may") cut = true;
  if (loose || played.own.length > 0) app = app === "must" ? "may" : app;
  if (body !== null && body.length > LARGEST_BODY) [app, cut] = ["may", own.push(413) > 0];
  if (body !== null && body.end !== "whole") [app, cut] = ["may", own.push(400, 408, 502) > 0];
  return { app, users: admitted.users, outcome, own, cut, closes: admitted.closes || known?.early === true || kind === "rough" };
}
