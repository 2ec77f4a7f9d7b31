/** What the exchanges of requests and of handshakes have in common. */
import type { RouteResponse } from "coatcheck/contracts";
import { CoatcheckError } from "coatcheck/errors";
import type { NoticeReason, Outcome } from "../observe/observer.ts";
import { failureCode } from "./failures.ts";
import type { IsOwnCookie } from "./headers/own-cookies.ts";
import type { Answering } from "./headers/response-head.ts";
import type { ProxyContext, ProxyRequest } from "./proxy-request.ts";

/** The common part of the exchange of a request and of a handshake: the session, and what is reported. */
export abstract class UpstreamExchange implements Answering {
  readonly shared: ProxyContext;
  readonly request: ProxyRequest;
  readonly method: string;
  readonly path: string;
  readonly started: number;
  readonly upstream: string;
  readonly sessionId: string | null;
  readonly via: string | null;
  answered = 0;
  outcome: Outcome = "proxied";

  constructor(shared: ProxyContext, request: ProxyRequest) {
    const { incoming, route, admission } = request;
    this.shared = shared;
    this.request = request;
    this.method = incoming.method;
    this.path = incoming.path;
    this.started = incoming.started;
    this.upstream = route.name;
    this.sessionId = admission === null ? null : admission.sessionId;
    this.via = admission === null ? null : admission.via;
  }

  get isOwnCookie(): IsOwnCookie {
    return this.shared.isOwnCookie;
  }

  /** Hears that a part of the identity headers could not be sent. */
  leftOut(what: NoticeReason<"identity-header.left-out">): void {
    this.shared.observer.notice("identity-header.left-out", { reason: what, upstream: this.upstream, sessionId: this.sessionId });
  }

  /** Reports that the upstream failed. Answers what becomes of the request. */
  failed(error: Error): readonly [answer: RouteResponse, outcome: Outcome] {
    const code = failureCode(error);
    this.shared.observer.notice("upstream.failed", { reason: code, upstream: this.upstream, error });
    const answer = this.shared.answerFailure(new CoatcheckError(code), this.request.incoming);
    return [answer, code === "ERR_UPSTREAM_TIMEOUT" ? "upstream-timeout" : "upstream-unavailable"];
  }

  foreignCookie(): void {
    this.shared.observer.notice("upstream.set-own-cookie", { upstream: this.upstream });
  }
}
