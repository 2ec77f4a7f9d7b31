import assert from "node:assert/strict";
import { createServer } from "node:https";
import { after, afterEach, test } from "node:test";
import { certificateOf } from "../../../../tools/suite/certificate.ts";
import { turns, until } from "../../../test-support/event-loop.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { assertFailed, clientOf, REDIRECT_URI, signIn } from "../../../test-support/provider/sign-on.ts";
import { onFreePort } from "../../../test-support/talk.ts";
import type { ProviderFailure } from "../../contracts.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { newSecrets } from "../../endpoints/login/login-state.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import type { OidcProvider } from "./provider.ts";

const op = await lyingProvider();
after(() => op.close());
afterEach(() => op.reset());

const beginning = async (provider: OidcProvider) =>
  provider.authorizationUrl({ ...newSecrets(systemEntropy), redirectUri: REDIRECT_URI, parameters: {} });

async function refusedMetadata(metadata: object, check: string): Promise<void> {
  op.lies.metadata = (honest) => ({ ...honest, ...metadata });
  const { provider } = clientOf(op);
  assertFailed(await beginning(provider), "invalid", check);
  assert.equal(provider.ready(), false);
  await provider.close();
}

test("DK-01 the address is the issuer, without a closing slash, and the well-known path", async () => {
  for (const [path, asked] of [
    ["", "/.well-known/openid-configuration"],
    ["/", "/.well-known/openid-configuration"],
    ["/tenant", "/tenant/.well-known/openid-configuration"],
    ["/tenant/", "/tenant/.well-known/openid-configuration"],
    ["/a/b", "/a/b/.well-known/openid-configuration"],
  ] as const) {
    const other = await lyingProvider({ path });
    const { provider } = clientOf(other);
    assert.equal((await beginning(provider)).kind, "redirect", path);
    assert.equal(other.journal[0]?.path, asked);
    assert.equal((await signIn(other, provider)).kind, "login", path);
    await provider.close();
    await other.close();
  }
});

test("DK-02 metadata of another issuer are refused, byte for byte", async () => {
  for (const issuer of [`${op.issuer}/`, op.issuer.replace("http:", "HTTP:"), "https://id.example.com", "", 1, undefined]) {
    op.lies.metadata = (honest) => ({ ...honest, issuer });
    const { provider } = clientOf(op);
    assertFailed(await beginning(provider), "invalid");
    await provider.close();
  }
});

test("DK-03 endpoints are https, or loopback if the issuer is", async () => {
  for (const address of [
    "http://169.254.169.254/latest",
    "http://id.example.com/x",
    "http://127.0.0.1.example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "javascript:alert(1)",
    "/relative",
    "",
    "https://user:pw@id.example.com/",
    "https://id.example.com/#x",
    ["https://id.example.com/"],
  ]) {
    for (const endpoint of [
      "authorization_endpoint",
      "token_endpoint",
      "jwks_uri",
      "userinfo_endpoint",
      "end_session_endpoint",
    ]) {
      await refusedMetadata({ [endpoint]: address }, "address");
    }
  }
  assert.equal(op.count("token") + op.count("keys"), 0);
});

test("DK-03 metadata without the endpoints that a login needs are refused", async () => {
  for (const endpoint of ["authorization_endpoint", "token_endpoint", "jwks_uri"])
    await refusedMetadata({ [endpoint]: undefined }, "metadata");
});

test("DK-04 a provider that is down at start is not ready, and is retried until it answers", async () => {
  const clock = manualClock();
  op.lies.raw = (_entry, response) => Boolean(response.writeHead(503).end());
  const { provider, events } = clientOf(op, {}, { clock });
  await until(() => events.length === 1 && clock.sleeping === 1);
  assert.equal(provider.ready(), false);
  for (let attempts = 2; attempts < 6; attempts += 1) {
    clock.advance(60_000);
    await until(() => events.length === attempts && clock.sleeping === 1);
  }
  assert.ok(events.every(({ name }) => name === "provider.failed"));
  delete op.lies.raw;
  clock.advance(60_000);
  await until(() => provider.ready());
  assert.equal(events.at(-1)?.name, "provider.ready");
  assert.equal((await beginning(provider)).kind, "redirect");
  await provider.close();
});

test("DK-04 the pauses grow, have jitter, and closing ends them", async () => {
  const clock = manualClock();
  const pauses: number[] = [];
  const watched = {
    ...clock,
    sleep(ms: number, signal?: AbortSignal) {
      if (ms < 9_000) pauses.push(ms);
      return clock.sleep(ms, signal);
    },
  };
  op.lies.raw = (_entry, response) => Boolean(response.destroy());
  const { provider } = clientOf(op, {}, { clock: watched });
  for (let i = 1; i <= 4; i += 1) {
    await until(() => pauses.length === i);
    clock.advance(8_000);
  }
  pauses.forEach((pause, index) => {
    assert.ok(pause >= 250 * 2 ** index && pause <= 500 * 2 ** index, `pause ${index}: ${pause}`);
  });
  await provider.close();
  const asked = op.journal.length;
  clock.advance(3_600_000);
  await turns();
  assert.equal(op.journal.length, asked);
});

test("DK-04 logins while it is down get an answer, and ask the provider at most once a second", async () => {
  const clock = manualClock();
  op.lies.raw = (_entry, response) => Boolean(response.writeHead(500).end());
  const { provider, events } = clientOf(op, {}, { clock });
  await until(() => events.length === 1);
  for (let i = 0; i < 50; i += 1) assertFailed(await beginning(provider), "unavailable");
  assert.equal(op.count("metadata"), 1);
  delete op.lies.raw;
  clock.advance(1_000);
  const answers = await Promise.all(Array.from({ length: 20 }, () => beginning(provider)));
  assert.ok(answers.every(({ kind }) => kind === "redirect"));
  assert.equal(op.count("metadata"), 2);
  await provider.close();
});

test("metadata are read again when they are old, and the old ones serve until then and through an outage", async () => {
  const clock = manualClock();
  const { provider, events } = clientOf(op, { metadataMaxAge: 60_000 }, { clock });
  await until(() => provider.ready());
  clock.advance(60_000);
  op.lies.raw = (_entry, response) => Boolean(response.writeHead(500).end());
  assert.equal((await beginning(provider)).kind, "redirect");
  await until(() => events.at(-1)?.name === "provider.failed");
  assert.equal(provider.ready(), true);
  delete op.lies.raw;
  op.lies.metadata = (honest) => ({ ...honest, authorization_endpoint: `${op.issuer}/moved` });
  clock.advance(1_000);
  await beginning(provider);
  await until(() => op.count("metadata") === 3);
  let moved = "";
  await until(() => {
    void beginning(provider).then((begun) => {
      moved = begun.kind === "redirect" ? new URL(begun.url).pathname : "";
    });
    return moved === "/moved";
  });
  await provider.close();
});

test("TK-05 a certificate that no authority vouches for is refused", async () => {
  let requests = 0;
  const server = createServer(certificateOf("127.0.0.1"), (_request, response) => {
    requests += 1;
    response.end();
  });
  const { provider } = clientOf({ ...op, issuer: `https://127.0.0.1:${await onFreePort(server)}` });
  const begun = await beginning(provider);
  assertFailed(begun, "unavailable", "network");
  const failure: ProviderFailure | null = begun.kind === "redirect" ? null : begun;
  assert.match(String(failure?.cause), /SELF_SIGNED|CERT/);
  assert.equal(requests, 0);
  await provider.close();
  await new Promise((resolve) => server.close(resolve));
});

test("closing does not wait for a provider that hangs, and reports no failure", async () => {
  op.lies.raw = () => true;
  const { provider, events } = clientOf(op);
  await until(() => op.count("metadata") === 1);
  const started = performance.now();
  await provider.close();
  assert.ok(performance.now() - started < 8_000);
  assert.deepEqual(events, []);
  op.lies.raw = (_entry, response) => Boolean(response.destroy());
});
