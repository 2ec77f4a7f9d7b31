/** Express alone. */
import { createServer } from "node:http";
import express from "express";
import { subjectOf } from "../../load/people.ts";
import { serve } from "../serving.ts";

const subject = subjectOf(0);
const app = express();
app.get("/", (_request, response) => {
  response.send(subject);
});
serve(createServer(app), []);
