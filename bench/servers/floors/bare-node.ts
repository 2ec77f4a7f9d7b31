/** `node:http` alone. */
import { createServer } from "node:http";
import { subjectOf } from "../../load/people.ts";
import { serve } from "../serving.ts";

const subject = subjectOf(0);
serve(
  createServer((_request, response) => response.end(subject)),
  [],
);
