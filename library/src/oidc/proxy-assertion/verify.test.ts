import assert from "node:assert/strict";
import { after, test } from "node:test";
import { keyServer, signPadded } from "../../../test-support/provider/key-server.ts";
import type { SigningKey } from "../../../test-support/provider/signing.ts";
import { hmacJwt, signingKey, signJwt, unsignedJwt } from "../../../test-support/provider/signing.ts";
import type { ProxyVerdict } from "../../contracts.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import type { AssertionVendorName } from "./vendors.ts";
import { ASSERTION_VENDORS } from "./vendors.ts";
import type { AssertionOptions } from "./verify.ts";
import { assertionVerifier } from "./verify.ts";

const server = await keyServer();
after(() => server.close());

const clock = manualClock();
const NOW = clock.now();
const SECONDS = NOW / 1_000;
const UUID = "12345678-1234-1234-1234-123456789012";
const ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188";
const LIFE = 120;

interface Made {
  readonly header?: object;
  readonly claims?: object;
  readonly key?: SigningKey;
}

/** A signer of each vendor with its own keys, and what it says of Alice. */
interface Signer {
  readonly vendor: AssertionVendorName;
  readonly options: AssertionOptions;
  readonly key: SigningKey;
  readonly stranger: SigningKey;
  make(made?: Made): string;
}

function jwtSigner(
  vendor: AssertionVendorName,
  alg: SigningKey["alg"],
  own: Partial<AssertionOptions>,
  type: string | undefined,
): Signer {
  const key = signingKey(`${vendor}-1`, alg);
  server.publish(`/${vendor}`, [key, signingKey(`${vendor}-2`, alg)]);
  const options = { vendor, audience: "app", keys: `${server.origin}/${vendor}`, ...own };
  const issuer = options.issuer ?? ASSERTION_VENDORS[vendor].issuer;
  const base = { iss: issuer, aud: "app", sub: "alice", email: "alice@example.com", iat: SECONDS, exp: SECONDS + LIFE };
  return {
    vendor,
    options,
    key,
    stranger: signingKey(`${vendor}-stranger`, alg),
    make: ({ header = {}, claims = {}, key: by = key } = {}) =>
      signJwt({ alg, kid: key.kid, ...(type === undefined ? {} : { typ: type }), ...header }, { ...base, ...claims }, by),
  };
}

function awsSigner(): Signer {
  const key = signingKey(UUID, "ES256");
  const pem = key.publicKey.export({ type: "spki", format: "pem" }).toString();
  server.pages.set(`/aws/${UUID}`, pem);
  const issuer = "https://id.example.com";
  const base = { sub: "alice", email: "alice@example.com" };
  const head = { alg: "ES256", kid: UUID, signer: ARN, iss: issuer, client: "app", exp: SECONDS + LIFE };
  return {
    vendor: "aws-alb",
    options: { vendor: "aws-alb", issuer, signer: ARN, audience: "app", keys: `${server.origin}/aws` },
    key,
    stranger: signingKey("aws-stranger", "ES256"),
    make: ({ header = {}, claims = {}, key: by = key } = {}) => signPadded({ ...head, ...header }, { ...base, ...claims }, by),
  };
}

const SIGNERS: readonly Signer[] = [
  jwtSigner("cloudflare-access", "RS256", { issuer: "https://team.cloudflareaccess.com" }, undefined),
  jwtSigner("google-iap", "ES256", { audience: ["/projects/1/apps/x", "app"] }, "JWT"),
  jwtSigner("pomerium", "ES256", { issuer: "app.example.com" }, "JWT"),
  jwtSigner("coatcheck", "EdDSA", { issuer: "https://gateway.example.com" }, "coatcheck-assertion+jwt"),
  awsSigner(),
];

const verifier = (options: AssertionOptions) => assertionVerifier(options, { clock });
const judged = async (signer: Signer, token: string, now = NOW): Promise<ProxyVerdict> =>
  verifier(signer.options).verify(token, now);

/** What was wrong with it, as logs tell it. */
function checkOf(verdict: ProxyVerdict): string {
  if (verdict.kind !== "invalid" && verdict.kind !== "unavailable") return verdict.kind;
  const { cause } = verdict;
  return cause instanceof Error && "check" in cause ? `${verdict.kind} ${cause.check}` : `${verdict.kind} ?`;
}

type Case = readonly [why: string, made: Made, verdict: string];

/** What every vendor's assertion is refused for. */
const REFUSED: readonly Case[] = [
  ["expired", { claims: { exp: SECONDS - 31 }, header: { exp: SECONDS - 31 } }, "invalid exp"],
  ["with an end that is a text", { claims: { exp: "never" }, header: { exp: "never" } }, "invalid exp"],
  ["good for too long", { claims: { exp: SECONDS + 32 * 86_400 }, header: { exp: SECONDS + 32 * 86_400 } }, "invalid exp"],
  ["from another issuer", { claims: { iss: "https://evil.example" }, header: { iss: "https://evil.example" } }, "invalid iss"],
  [
    "from an issuer that only begins alike",
    { claims: { iss: "https://team.cloudflareaccess.com/" }, header: { iss: "x" } },
    "invalid iss",
  ],
  ["not valid yet", { claims: { nbf: SECONDS + 60 } }, "invalid nbf"],
  ["of no user", { claims: { sub: "" } }, "invalid sub"],
  ["of a user who is no text", { claims: { sub: 7 } }, "invalid sub"],
  ["of a user with a control character", { claims: { sub: "al\u0000ice" } }, "invalid sub"],
  ["of a name over-long", { claims: { sub: "a".repeat(256) } }, "invalid sub"],
  ["with a critical extension", { header: { crit: ["b64"], b64: false } }, "invalid crit"],
  ["without a key id", { header: { kid: undefined } }, "invalid kid"],
  ["with a key id that is no text", { header: { kid: 7 } }, "invalid kid"],
  ["with an unknown key id", { header: { kid: "87654321-1234-1234-1234-123456789012" } }, "invalid kid"],
  ["with a key id that climbs", { header: { kid: "../../cloudflare-access" } }, "invalid kid"],
  ["with a key id that is an address", { header: { kid: "http://127.0.0.1:9/x" } }, "invalid kid"],
  ["of the type of an access token", { header: { typ: "at+jwt" } }, "invalid typ"],
  ["of the type of a logout token", { header: { typ: "logout+jwt" } }, "invalid typ"],
  ["of another algorithm", { header: { alg: "HS256" } }, "invalid alg"],
  ["of no algorithm", { header: { alg: "none" } }, "invalid alg"],
];

/** Those in which the vendors differ from AWS. */
const REFUSED_JWT: readonly Case[] = [
  ["for others", { claims: { aud: "other" } }, "invalid aud"],
  ["for no audience", { claims: { aud: undefined } }, "invalid aud"],
  ["for others, in a list", { claims: { aud: ["other", "apps"] } }, "invalid aud"],
  ["issued in the future", { claims: { iat: SECONDS + 31, exp: SECONDS + 60 } }, "invalid iat"],
  ["of unknown age", { claims: { iat: undefined } }, "invalid iat"],
  ["without an end", { claims: { exp: undefined } }, "invalid exp"],
];

const REFUSED_AWS: readonly Case[] = [
  ["by another load balancer", { header: { signer: ARN.replace("web", "evil") } }, "invalid signer"],
  ["by no load balancer", { header: { signer: undefined } }, "invalid signer"],
  ["by a list of load balancers", { header: { signer: [ARN] } }, "invalid signer"],
  ["for another client", { header: { client: "other" } }, "invalid aud"],
  ["without an end", { header: { exp: undefined } }, "invalid exp"],
  ["with a sooner end in its claims", { claims: { exp: SECONDS - 31 } }, "invalid exp"],
  ["with another issuer in its claims alone", { claims: { iss: "https://evil.example" } }, "invalid iss"],
  [
    "with its issuer in its claims alone",
    { header: { iss: undefined }, claims: { iss: "https://id.example.com" } },
    "invalid iss",
  ],
];

for (const signer of SIGNERS) {
  const { vendor, options, key, stranger } = signer;

  test(`TP-03 S-28 ${vendor}: an assertion that verifies says who asks`, async () => {
    const verdict = await judged(signer, signer.make());
    assert.equal(verdict.kind, "asserted", JSON.stringify(checkOf(verdict)));
    assert.deepEqual(verdict.kind === "asserted" ? verdict.identity : null, {
      issuer: options.issuer ?? ASSERTION_VENDORS[vendor].issuer,
      subject: "alice",
      claims: { sub: "alice", email: "alice@example.com" },
      authenticatedAt: NOW,
      method: "proxy",
    });
  });

  for (const [why, made, expected] of [...REFUSED, ...(vendor === "aws-alb" ? REFUSED_AWS : REFUSED_JWT)]) {
    test(`TP-03 ${vendor}: refused is one ${why}`, async () => {
      assert.equal(checkOf(await judged(signer, signer.make(made))), expected);
    });
  }

  test(`TP-03 ID-15 ${vendor}: a foreign key is refused, also if the token brings it along`, async () => {
    const { asked } = server;
    assert.equal(checkOf(await judged(signer, signer.make({ key: stranger }))), "invalid signature");
    const before = asked.length;
    const canary = `${server.origin}/canary`;
    for (const header of [{ jku: canary }, { x5u: canary }, { jwk: stranger.jwk }, { x5c: ["MIIB"] }]) {
      assert.equal(checkOf(await judged(signer, signer.make({ header, key: stranger }))), "invalid signature");
    }
    assert.ok(!asked.slice(before).includes("/canary"));
  });

  test(`TP-03 ID-16 ${vendor}: what is not exactly a compact JWS is refused`, async () => {
    const token = signer.make();
    const [header = "", claims = "", signature = ""] = token.split(".");
    const broken = [
      "",
      ".",
      "..",
      "a.b.c",
      `${header}.${claims}`,
      `${header}.${claims}.`,
      `${token}.x`,
      ` ${token}`,
      `${token} `,
      `${token}\n`,
    ];
    const other = signer.make({ claims: { sub: "mallory" } }).split(".")[1];
    for (const one of [...broken, `${header}..${signature}`, "x".repeat(1_048_576), `${token}${"A".repeat(20_000)}`]) {
      assert.equal(checkOf(await judged(signer, one)), "invalid format", one.slice(0, 40));
    }
    assert.equal(checkOf(await judged(signer, `${header}.${other}.${signature}`)), "invalid signature");
    const changed = `${header}.${claims}.${signature[0] === "A" ? "B" : "A"}${signature.slice(1)}`;
    assert.equal(checkOf(await judged(signer, changed)), "invalid signature");
    const deep = signJwt({ alg: key.alg, kid: key.kid }, `${'{"a":'.repeat(40)}1${"}".repeat(40)}`, key);
    assert.equal(checkOf(await judged(signer, deep)), "invalid format");
  });

  test(`TP-03 ID-15 ${vendor}: neither alg none nor the public key as a shared secret counts`, async () => {
    const pem = key.publicKey.export({ type: "spki", format: "pem" }).toString();
    const header = { kid: key.kid };
    const claims = { iss: options.issuer, aud: "app", sub: "alice", iat: SECONDS, exp: SECONDS + LIFE };
    assert.equal(checkOf(await judged(signer, unsignedJwt(header, claims))), "invalid format");
    assert.match(checkOf(await judged(signer, hmacJwt(header, claims, pem))), /^invalid (alg|typ)$/);
  });

  test(`S-28 ${vendor}: what was verified is not verified again until its end, and is the same identity`, async () => {
    const one = verifier(options);
    const token = signer.make();
    const first = await one.verify(token, NOW);
    const asked = server.asked.length;
    const again = one.verify(token, NOW + LIFE * 1_000);
    assert.equal(again, first, "the same answer at once, within the tolerance of its end");
    assert.equal(server.asked.length, asked);
    assert.equal(checkOf(await one.verify(token, NOW + (LIFE + 31) * 1_000)), "invalid exp");
    assert.equal(checkOf(await one.verify(signer.make({ key: stranger }), NOW)), "invalid signature");
    assert.equal(checkOf(await one.verify(signer.make({ key: stranger }), NOW)), "invalid signature", "a no is not remembered");
  });

  test(`TP-03 ${vendor}: if the keys cannot be had it is unavailable, and nonsense asks for none`, async () => {
    const keys = `${server.origin}/down`;
    for (const page of [503, 500]) {
      server.pages.set("/down", page);
      server.pages.set(`/down/${UUID}`, page);
      assert.equal(checkOf(await verifier({ ...options, keys }).verify(signer.make(), NOW)), "unavailable keys");
    }
    const before = server.asked.length;
    const one = verifier({ ...options, keys });
    for (const token of [
      "nonsense",
      signer.make({ claims: { iss: "x" }, header: { iss: "x" } }),
      signer.make({ header: { alg: "none" } }),
    ]) {
      assert.match(checkOf(await one.verify(token, NOW)), /^invalid /);
    }
    assert.equal(server.asked.length, before);
  });
}

test("TP-03 ID-17 no vendor's assertion counts for another, with the same key, issuer and audience", async () => {
  const shared = { issuer: "https://one.example", audience: "app", keys: `${server.origin}/coatcheck` };
  const ours = SIGNERS.find(({ vendor }) => vendor === "coatcheck");
  assert.ok(ours !== undefined);
  const plain = ours.make({ header: { typ: "JWT" }, claims: { iss: shared.issuer } });
  assert.equal(checkOf(await verifier({ vendor: "coatcheck", ...shared }).verify(plain, NOW)), "invalid typ");
  const typed = ours.make({ claims: { iss: shared.issuer } });
  assert.equal(checkOf(await verifier({ vendor: "pomerium", ...shared }).verify(typed, NOW)), "invalid typ");
});

test("TP-03 a key that is new is asked for once, one that is gone no longer counts", async () => {
  const [before, next] = [signingKey("rotating-1", "ES256"), signingKey("rotating-2", "ES256")];
  const time = manualClock();
  server.publish("/rotating", [before]);
  const options = { vendor: "pomerium", issuer: "app.example.com", audience: "app", keys: `${server.origin}/rotating` } as const;
  const one = assertionVerifier(options, { clock: time });
  const claims = { iss: "app.example.com", aud: "app", sub: "alice", iat: SECONDS, exp: SECONDS + 1_200 };
  const by = (key: SigningKey, sub = "alice"): string => signJwt({ alg: "ES256", kid: key.kid }, { ...claims, sub }, key);
  assert.equal(checkOf(await one.verify(by(before), NOW)), "asserted");
  server.publish("/rotating", [before, next]);
  assert.equal(checkOf(await one.verify(by(next), NOW)), "asserted");
  server.publish("/rotating", [next]);
  time.advance(601_000);
  assert.equal(checkOf(await one.verify(by(before, "bob"), NOW)), "invalid kid");
  assert.equal(server.asked.filter((path) => path === "/rotating").length, 3);
});

test("TP-03 aws-alb: a key id is one path segment, unknown ones cause few requests, only keys are accepted", async () => {
  const signer = awsSigner();
  const one = verifier({ ...signer.options, keys: `${server.origin}/aws-unknown` });
  const before = server.asked.length;
  for (const kid of ["..", "a/b", "%2e%2e", `${UUID}/..`, `${UUID}?x`, `${UUID}\n`, "x".repeat(36)]) {
    assert.equal(checkOf(await one.verify(signer.make({ header: { kid } }), NOW)), "invalid kid", kid);
  }
  assert.equal(server.asked.length, before);
  for (let index = 0; index < 30; index++) {
    const kid = `12345678-1234-1234-1234-${String(index).padStart(12, "0")}`;
    const expected = index < 10 ? "invalid kid" : "unavailable keys";
    assert.equal(checkOf(await one.verify(signer.make({ header: { kid } }), NOW)), expected);
  }
  assert.equal(server.asked.length - before, 10);
  const other = verifier({ ...signer.options, keys: `${server.origin}/aws-odd` });
  const privateKey = signer.key.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  for (const page of ["<html>", privateKey, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]) {
    server.pages.set(`/aws-odd/${UUID}`, page);
    assert.equal(checkOf(await other.verify(signer.make(), NOW)), "unavailable keys", page.slice(0, 20));
  }
});

test("TP-03 each vendor's keys are where that vendor publishes them", () => {
  const { keys: cloudflare } = ASSERTION_VENDORS["cloudflare-access"];
  assert.equal(cloudflare("https://team.cloudflareaccess.com"), "https://team.cloudflareaccess.com/cdn-cgi/access/certs");
  assert.equal(ASSERTION_VENDORS["google-iap"].keys(""), "https://www.gstatic.com/iap/verify/public_key-jwk");
  const { keys: aws } = ASSERTION_VENDORS["aws-alb"];
  assert.equal(aws(ARN), "https://public-keys.auth.elb.eu-central-1.amazonaws.com");
  const government = ARN.replace("arn:aws:", "arn:aws-us-gov:").replace("eu-central-1", "us-gov-west-1");
  assert.equal(aws(government), "https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1");
  const { keys: pomerium } = ASSERTION_VENDORS.pomerium;
  for (const issuer of ["app.example.com", "https://app.example.com", "https://app.example.com/"]) {
    assert.equal(pomerium(issuer), "https://app.example.com/.well-known/pomerium/jwks.json");
  }
  assert.equal(ASSERTION_VENDORS.coatcheck.keys("https://gateway.example.com"), "https://gateway.example.com/auth/keys");
});

const WRONG: readonly (readonly [options: AssertionOptions, message: RegExp])[] = [
  [JSON.parse('{"vendor":"toString"}'), /vendor is "toString"; there are cloudflare-access, /],
  [{ vendor: "cloudflare-access", audience: "app" }, /issuer is missing; cloudflare-access needs it/],
  [{ vendor: "cloudflare-access", issuer: "https://team.cloudflareaccess.com" }, /audience is missing/],
  [{ vendor: "cloudflare-access", issuer: "https://team.cloudflareaccess.com", audience: [""] }, /audience is missing/],
  [{ vendor: "google-iap" }, /audience is missing/],
  [{ vendor: "google-iap", audience: "app", issuer: "https://evil.example" }, /that of google-iap is https:\/\/cloud/],
  [{ vendor: "aws-alb", issuer: "https://id.example.com" }, /signer is missing/],
  [{ vendor: "aws-alb", issuer: "https://id.example.com", signer: "arn:aws:s3:::x" }, /no ARN of a load balancer/],
  [
    { vendor: "aws-alb", issuer: "https://id.example.com", signer: [ARN, ARN.replace("eu-central-1", "us-east-1")] },
    /several regions/,
  ],
  [{ vendor: "pomerium", issuer: "app.example.com", audience: "app", signer: ARN }, /of aws-alb alone/],
  [{ vendor: "pomerium", issuer: "a b", audience: "app" }, /has spaces/],
  [{ vendor: "pomerium", issuer: "a", audience: "app", keys: "http://example.com/keys" }, /must be https/],
  [{ vendor: "pomerium", issuer: "a", audience: "app", keys: "keys" }, /which is no URL/],
  [{ vendor: "pomerium", issuer: "a", audience: "app", clockTolerance: 3_600_000 }, /clockTolerance/],
];

test("TP-03 a configuration that would believe too much is refused at start", () => {
  for (const [options, message] of WRONG) {
    assert.throws(
      () => verifier(options),
      (error) => error instanceof TypeError && message.test(error.message),
      String(message),
    );
  }
});
