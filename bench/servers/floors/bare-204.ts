/** `node:http` alone, answering 204. */
import { createServer } from "node:http";
import { serve } from "../serving.ts";

serve(
  createServer((_request, response) => {
    response.statusCode = 204;
    response.end();
  }),
  [],
);
