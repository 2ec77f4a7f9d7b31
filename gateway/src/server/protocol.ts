/** HTTP faults that Node's parser lets through. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RouteResponse } from "coatcheck/contracts";
import { CODING_UNKNOWN, problemOf, VERSION_UNKNOWN } from "../response/response.ts";

/** What HTTP itself has against a request that Node's parser let through, before it is dispatched. */
export function protocolFault(message: IncomingMessage, response: ServerResponse): RouteResponse | undefined {
  if (message.httpVersionMajor !== 1) return VERSION_UNKNOWN;
  const coding = message.headers["transfer-encoding"];
  if (coding === undefined) return undefined;
  const codings = coding.split(",").map((one) => one.trim().toLowerCase());
  // Nothing tells where the body ends (RFC 9112 section 6.3).
  if (codings.at(-1) !== "chunked") return problemOf("ERR_BAD_REQUEST");
  // A coding that is taken off in silence leaves the upstream with a body that is not what it is said to be (section
  // 6.1).
  if (codings.length > 1) return CODING_UNKNOWN;
  // HTTP/1.0 has no codings: a proxy before us may see the end of this request elsewhere.
  if (message.httpVersionMinor === 0) response.shouldKeepAlive = false;
  return undefined;
}
