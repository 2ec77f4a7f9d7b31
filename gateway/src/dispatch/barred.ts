/** The answer to a signed-in user whom a rule of the upstream keeps out, which is told of at warn level (S-63). */
import type { RequestView, RouteResponse } from "coatcheck/contracts";
import { omitUndefined } from "coatcheck/settings";
import type { Observer } from "../observe/observer.ts";
import type { Admission, SessionLayer } from "../session/interface.ts";
import { barrierOf, type Route } from "../upstream/route.ts";

/** Answers for those who may not pass; `undefined`: the caller may. */
export function barredFrom({ mayUse, answerForbidden }: SessionLayer, observer: Observer) {
  return (request: RequestView, route: Route, admission: Admission): RouteResponse | undefined => {
    const reason = barrierOf(route, admission, mayUse);
    if (reason === null) return undefined;
    const { identity, sessionId } = admission;
    const owner = identity === null ? undefined : `${identity.issuer} ${identity.subject}`;
    observer.notice("user.refused", { reason, upstream: route.name, sessionId, ...omitUndefined({ owner }) });
    return answerForbidden(request);
  };
}
