import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import { test } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { certificateOf } from "../../../tools/suite/certificate.ts";
import { PUBLIC, startHarness, statusOf } from "../../test-support/harness.ts";

interface Secure extends AsyncDisposable {
  readonly port: number;
  /** Which name each connection asked for. */
  readonly names: readonly unknown[];
}

/** An upstream that speaks TLS with a certificate for `name`, and answers which host it was told. */
async function secure(name: string): Promise<Secure> {
  const certificate = certificateOf(name);
  setDefaultCACertificates([...getCACertificates("default"), certificate.cert]);
  const names: unknown[] = [];
  const server = createServer(certificate, ({ headers }, response) => response.end(`told ${headers.host}`));
  server.on("secureConnection", ({ servername }) => names.push(servername));
  server.listen(0, "localhost");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    names,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test("an upstream with TLS is known by the name in its url, on one connection for all public origins", async () => {
  await using upstream = await secure("localhost");
  const url = `https://localhost:${upstream.port}`;
  const other = "other.example.com";
  await using harness = await startHarness(() => {}, {
    config: { publicUrl: [`https://${PUBLIC}`, `https://${other}`] },
    upstreams: [
      { paths: ["/"], access: "optional", url },
      { paths: ["/own"], access: "optional", url, passHost: false },
    ],
  });
  assert.match(await harness.get("/"), new RegExp(`told ${PUBLIC}`));
  assert.match(await harness.get("/", { Host: other }), new RegExp(`told ${other}`));
  assert.deepEqual(upstream.names, ["localhost"]);
  assert.match(await harness.get("/own"), new RegExp(`told localhost:${upstream.port}`));
});

test("an upstream with TLS that shows another name's certificate is 502", async () => {
  await using upstream = await secure(PUBLIC);
  await using harness = await startHarness(() => {}, { upstream: { url: `https://localhost:${upstream.port}` } });
  assert.equal(statusOf(await harness.get("/")), 502);
});
