/** iron-session, whose cookie holds the session, over `node:http`. */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { getIronSession, sealData } from "iron-session";
import type { Person } from "../../load/people.ts";
import { dataOf, personOf } from "../../load/people.ts";
import { serve, wanted } from "../serving.ts";

const options = { cookieName: "iron", password: randomBytes(32).toString("base64url") };
// Sealing is slow, and there is no store that would have to be filled.
const count = Math.min(wanted().sessions, 500);
const credentials: string[] = [];
for (let index = 0; index < count; index++) {
  const seal = await sealData({ identity: personOf(index), data: dataOf(index) }, options);
  credentials.push(`cookie: iron=${seal}`);
}
const server = createServer(async (request, response) => {
  const { identity } = await getIronSession<{ identity: Person }>(request, response, options);
  response.statusCode = identity === undefined ? 401 : 200;
  response.end(identity?.subject);
});
serve(server, credentials);
