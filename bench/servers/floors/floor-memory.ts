/** The floor in memory: the cookie scanned by hand, one hash, one look into a map. */
import { createServer } from "node:http";
import type { Person } from "../../load/people.ts";
import { personOf } from "../../load/people.ts";
import { each, serve, wanted } from "../serving.ts";
import { hashOf, presented, ticketOf } from "./floor-tickets.ts";

const tickets = each(wanted().sessions, ticketOf);
const sessions = new Map<string, { readonly secretHash: string; readonly identity: Person }>();
tickets.forEach(({ id, secretHash }, index) => {
  sessions.set(id, { secretHash, identity: personOf(index) });
});
const server = createServer((request, response) => {
  const ticket = presented(request.headers.cookie);
  const session = ticket === undefined ? undefined : sessions.get(ticket.id);
  if (ticket === undefined || session === undefined || hashOf(ticket.secret) !== session.secretHash) {
    response.statusCode = 401;
    response.end();
    return;
  }
  response.end(session.identity.subject);
});
serve(
  server,
  tickets.map((ticket) => ticket.cookie),
);
