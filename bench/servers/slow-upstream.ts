/** An app as apps are: it takes a while, 10 ms, for each answer of 1 KB. */
import { createServer } from "node:http";
import { serve } from "./serving.ts";

const TAKES = 10;
const kilobyte = "x".repeat(1024);
serve(
  createServer((_request, response) => {
    setTimeout(() => {
      response.setHeader("content-type", "text/plain");
      response.end(kilobyte);
    }, TAKES);
  }),
  [],
);
