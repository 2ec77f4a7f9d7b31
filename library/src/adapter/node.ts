/** What adapters are made of whose framework writes into a `ServerResponse`. */
export { NodeEngine } from "../http/node-handler.ts";
export { NodeRequest, writeAnswer } from "../http/node-request.ts";
export { hasEnded } from "../http/response-hold.ts";
