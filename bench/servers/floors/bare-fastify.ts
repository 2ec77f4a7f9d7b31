/** Fastify alone. */
import Fastify from "fastify";
import { subjectOf } from "../../load/people.ts";
import { serve } from "../serving.ts";

const subject = subjectOf(0);
const app = Fastify();
app.get("/", (_request, reply) => {
  reply.send(subject);
});
await app.ready();
serve(app.server, []);
