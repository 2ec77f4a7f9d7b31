/**
 * The app behind the proxies: 1 KB for all, at `/bytes/N` as many bytes, and at `/who` what it was told about the
 * user.
 */
import { createServer } from "node:http";
import { serve } from "./serving.ts";

const kilobyte = "x".repeat(1024);
const bodies = new Map<string, Buffer>();

function bodyFor(url = "/"): string | Buffer {
  const [, size] = /^\/bytes\/(\d+)/.exec(url) ?? [];
  if (size === undefined) return kilobyte;
  const known = bodies.get(size) ?? Buffer.alloc(Number(size), "x");
  bodies.set(size, known);
  return known;
}

serve(
  createServer((request, response) => {
    response.setHeader("content-type", "text/plain");
    const body = request.url === "/who" ? String(request.headers["x-auth-request-user"]) : bodyFor(request.url);
    response.setHeader("content-length", Buffer.byteLength(body));
    response.end(body);
  }),
  [],
);
