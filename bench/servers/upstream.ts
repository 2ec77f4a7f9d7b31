/** The app behind the proxies: 1 KB for everybody, and at `/who` what it was told about the user. */
import { createServer } from "node:http";
import { serve } from "./serving.ts";

const kilobyte = "x".repeat(1024);
serve(
  createServer((request, response) => {
    response.setHeader("content-type", "text/plain");
    response.end(request.url === "/who" ? String(request.headers["x-auth-request-user"]) : kilobyte);
  }),
  [],
);
