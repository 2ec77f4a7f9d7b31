/**
 * The floor in PostgreSQL: Coatcheck's own rows and tickets, with the look-ups of a turn gathered by hand, one hash,
 * and the body parsed. Nobody signs in here.
 */
import { createServer, type ServerResponse } from "node:http";
import type { Person } from "../../load/people.ts";
import { hashOf, presented } from "../floors/floor-tickets.ts";
import { gathered } from "../floors/gathered-postgres.ts";
import { given, serve } from "../serving.ts";
import { poolAt } from "./pool.ts";

const look = gathered(poolAt(given()));

async function answer(cookie: string | undefined, response: ServerResponse): Promise<void> {
  const ticket = presented(cookie);
  const row = ticket === undefined ? undefined : await look(ticket.id);
  if (ticket === undefined || hashOf(ticket.secret) !== row?.["secret_hash"]) {
    response.statusCode = 401;
    response.end();
    return;
  }
  const { identity }: { identity: Person } = JSON.parse(String(row["body"]));
  response.end(identity.subject);
}

serve(
  createServer((request, response) => void answer(request.headers.cookie, response)),
  [],
);
