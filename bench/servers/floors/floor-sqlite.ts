/** The floor in SQLite: the same with a prepared statement by key, and the body parsed. */
import { createServer } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Person } from "../../load/people.ts";
import { each, serve, wanted } from "../serving.ts";
import { hashOf, presented, ticketOf } from "./floor-tickets.ts";

const { sessions, directory } = wanted();
const tickets = each(sessions, ticketOf);
const db = new DatabaseSync(join(directory, "floor.db"));
db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA mmap_size = 1073741824");
db.exec("CREATE TABLE sessions (id TEXT PRIMARY KEY, secret_hash TEXT, expires INTEGER, body TEXT)");
const insert = db.prepare("INSERT INTO sessions VALUES (?, ?, ?, ?)");
db.exec("BEGIN");
for (const { id, secretHash, body } of tickets) insert.run(id, secretHash, Date.now() + 86_400_000, body);
db.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
const select = db.prepare("SELECT secret_hash, expires, body FROM sessions WHERE id = ?");
select.setReturnArrays(true);

const server = createServer((request, response) => {
  const ticket = presented(request.headers.cookie);
  const row = ticket === undefined ? undefined : select.get(ticket.id);
  const [secretHash, , body] = Array.isArray(row) ? row : [];
  if (ticket === undefined || hashOf(ticket.secret) !== secretHash) {
    response.statusCode = 401;
    response.end();
    return;
  }
  const { identity }: { identity: Person } = JSON.parse(String(body));
  response.end(identity.subject);
});
serve(
  server,
  tickets.map((ticket) => ticket.cookie),
);
