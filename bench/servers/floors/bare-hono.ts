/** Hono on Node alone. */
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { subjectOf } from "../../load/people.ts";
import { serve } from "../serving.ts";

const subject = subjectOf(0);
const app = new Hono();
app.get("/", (c) => c.text(subject));
serve(createServer(getRequestListener(app.fetch)), []);
