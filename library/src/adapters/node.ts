import type { IncomingMessage, ServerResponse } from "node:http";
import type { Session, SignedInSession } from "../contracts.ts";
import type { HasEngine } from "../engine/auth.ts";
import { hasEnded } from "../engine/hold.ts";
import { Push } from "../engine/push.ts";

export type NodeHandler<Data> = (request: IncomingMessage, response: ServerResponse, session: Session<Data>) => unknown;

export interface NodeAdapter<Data> {
  /**
   * A listener for `http.createServer`: answers our own endpoints, gives every other request its session. What the handler throws
   * is answered with its code's status, else with 500, and reported as `background.failed`.
   *
   * @example
   * ```ts
   * const web = node(auth);
   * createServer(web.handler((request, response, session) => {
   *   session.update((data) => ({ ...data, visits: Number(data.visits ?? 0) + 1 }));
   *   response.end(`Hello ${session.identity?.subject ?? "stranger"}`);
   * })).listen(3000);
   * ```
   */
  handler(handle: NodeHandler<Data>): (request: IncomingMessage, response: ServerResponse) => void;
  /** The same for somebody signed in; others get 401, or the login for a navigation. */
  userHandler(
    handle: (request: IncomingMessage, response: ServerResponse, session: SignedInSession<Data>) => unknown,
  ): (request: IncomingMessage, response: ServerResponse) => void;
}

/** Coatcheck for plain `node:http`. */
export function node<Data>(auth: HasEngine<Data>): NodeAdapter<Data> {
  const push = new Push(auth.engine);

  const run = (request: IncomingMessage, response: ServerResponse, handle: () => unknown): void => {
    const failed = (thrown: unknown): void =>
      push.fail(thrown, request, response, (error) => {
        auth.engine.options.report({ name: "background.failed", level: "error", reason: "handler", error });
        answerFailure(response);
      });
    const enter = (error?: unknown): void => {
      if (error !== undefined) {
        failed(error);
        return;
      }
      try {
        const result = handle();
        if (result instanceof Promise) result.catch(failed);
      } catch (thrown) {
        failed(thrown);
      }
    };
    if (push.owns(request)) push.serve(request, response, failed);
    else push.open(request, response, enter);
  };

  return {
    handler: (handle) => (request, response) => run(request, response, () => handle(request, response, push.session(request))),
    userHandler: (handle) => (request, response) =>
      run(request, response, () => {
        let result: unknown;
        push.requireUser(request, response, () => {
          result = handle(request, response, push.user(request));
        });
        return result;
      }),
  };
}

// Whatever was thrown stays here: it may hold anything.
function answerFailure(response: ServerResponse): void {
  if (response.headersSent) {
    // A whole answer is not taken back; half of one must not look whole.
    if (!hasEnded(response)) response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = 500;
  response.setHeader("content-type", "text/plain");
  response.end("Internal Server Error");
}
