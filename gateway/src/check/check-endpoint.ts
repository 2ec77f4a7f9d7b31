/** The check endpoints over HTTP: reads what a proxy asks, and writes the answer to it. */
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { RouteResponse } from "coatcheck/contracts";
import type { Observer } from "../observe/observer.ts";
import { stopwatch, tellFailure } from "../observe/observer.ts";
import type { RequestIntake } from "../request/intake.ts";
import { finished, hasUnreadBody } from "../request/intake.ts";
import { problemOf, problemOfError, send } from "../response/response.ts";
import type { CheckRequest, SessionLayer } from "../session/interface.ts";
import type { IdentityHeaders } from "../upstream/headers/identity-headers.ts";
import { answerHandshake } from "../upstream/upgrade.ts";
import { checkRequest } from "./check-metadata.ts";
import { sendYes } from "./check-response.ts";

interface CheckEndpointParts {
  readonly prefix: string;
  readonly sessions: SessionLayer;
  readonly intake: RequestIntake;
  readonly observer: Observer;
  readonly isDraining: () => boolean;
}

/** Answers proxies that ask about requests which they hold back. Nothing is read but what the answer needs. */
export class CheckEndpoint {
  readonly #parts: CheckEndpointParts;

  constructor(parts: CheckEndpointParts) {
    this.#parts = parts;
  }

  /** Whether the request is such a question. */
  owns({ url }: IncomingMessage): boolean {
    const { prefix } = this.#parts;
    return url?.startsWith("/check/", prefix.length) === true && url.startsWith(prefix);
  }

  answer(message: IncomingMessage, to: ServerResponse | Duplex): void {
    const { prefix, intake, sessions } = this.#parts;
    const started = stopwatch();
    const request = checkRequest(message, `${prefix}/check/`.length, intake, sessions.proxyProven);
    if (request === undefined) {
      this.#send(message, to, problemOf("ERR_BAD_REQUEST"), undefined, started);
      return;
    }
    try {
      const answer = sessions.check(request);
      if (!(answer instanceof Promise)) {
        this.#send(message, to, answer, request, started);
        return;
      }
      answer.then(
        (settled) => this.#send(message, to, settled, request, started),
        (error: unknown) => this.#send(message, to, this.#failure(error), request, started),
      );
    } catch (error) {
      this.#send(message, to, this.#failure(error), request, started);
    }
  }

  #failure(error: unknown): RouteResponse {
    const answer = problemOfError(error);
    tellFailure(this.#parts.observer, error, answer.status);
    return answer;
  }

  #send(
    message: IncomingMessage,
    to: ServerResponse | Duplex,
    answer: IdentityHeaders | RouteResponse,
    request: CheckRequest | undefined,
    started: number,
  ): void {
    const { observer, isDraining } = this.#parts;
    const yes = !("status" in answer);
    const https = request?.origin.startsWith("https:") === true;
    const sending = { https, close: isDraining() || hasUnreadBody(message), method: message.method };
    if (!(to instanceof ServerResponse)) answerHandshake(message, to, yes ? plainYes(answer) : answer, https);
    else if (yes) sendYes(to, answer, sending);
    else send(to, answer, sending);
    const status = yes ? 200 : answer.status;
    finished(observer, message, { status, outcome: request === undefined ? "malformed" : "checked", started });
  }
}

/** A proxy that asks about a handshake by a handshake gets its yes as a plain answer; nothing is upgraded here. */
function plainYes({ lines }: IdentityHeaders): RouteResponse {
  const headers = lines.flatMap((name, index) => (index % 2 === 0 ? [[name, lines[index + 1] ?? ""] as const] : []));
  return { status: 200, headers, body: "" };
}
