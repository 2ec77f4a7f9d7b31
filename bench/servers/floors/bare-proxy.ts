/**
 * The least that a proxy on undici does: every request on to the upstream, every answer back, and no caller
 * authenticated.
 */
import { createServer } from "node:http";
import { Pool } from "undici";
import { given, serve } from "../serving.ts";

const pool = new Pool(given(), { connections: 64 });
serve(
  createServer((request, response) => {
    const { method = "GET", url: path = "/", headers } = request;
    pool.dispatch(
      { method, path, headers, body: null },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, answered) {
          response.writeHead(status, answered);
        },
        onResponseData(controller, chunk) {
          if (response.write(chunk)) return;
          controller.pause();
          response.once("drain", () => controller.resume());
        },
        onResponseEnd() {
          response.end();
        },
        onResponseError() {
          response.destroy();
        },
      },
    );
  }),
  [],
);
