/** How known products sign their assertions. */
import type { SignatureAlgorithm } from "../../crypto/signature.ts";

/** How a product signs the authenticated user. */
export interface AssertionVendor {
  /** Lower case. */
  readonly header: string;
  readonly algorithms: readonly SignatureAlgorithm[];
  /** The `typ` that it must have; `null`: none, or `JWT`. */
  readonly type: string | null;
  /** The issuer, if the vendor has only one. */
  readonly issuer?: string;
  /** The options that it needs beside those of all vendors. */
  readonly needs: readonly ("issuer" | "audience" | "signer")[];
  /**
   * The format of AWS: parts with padding; `iss`, `exp`, `client` and `signer` in the header, and a key for each `kid`.
   */
  readonly aws?: true;
  /** The address of the keys for an issuer; for AWS, of the signer's ARN, without the `kid` that follows. */
  readonly keys: (from: string) => string;
  /** The longest accepted lifetime of an assertion, milliseconds. */
  readonly maxLifetime: number;
}

export type AssertionVendorName = "cloudflare-access" | "google-iap" | "aws-alb" | "pomerium" | "coatcheck";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const below = (issuer: string, path: string): string => `${issuer.replace(/\/$/, "")}${path}`;

/** The type of our own assertions, so that no other kind of token can be taken for one (ID-17). */
const ASSERTION_TYPE = "coatcheck-assertion+jwt";

/** The known vendors. */
export const ASSERTION_VENDORS: { readonly [name in AssertionVendorName]: AssertionVendor } = {
  /**
   * The issuer is `https://<team>.cloudflareaccess.com`, the audience the application's AUD tag. Its lifetime is that
   * of the session.
   */
  "cloudflare-access": {
    header: "cf-access-jwt-assertion",
    algorithms: ["RS256"],
    type: null,
    needs: ["issuer", "audience"],
    keys: (issuer) => below(issuer, "/cdn-cgi/access/certs"),
    maxLifetime: 31 * DAY,
  },
  /** The audience is `/projects/NUMBER/global/backendServices/ID` or `/projects/NUMBER/apps/ID`. */
  "google-iap": {
    header: "x-goog-iap-jwt-assertion",
    algorithms: ["ES256"],
    type: null,
    issuer: "https://cloud.google.com/iap",
    needs: ["audience"],
    keys: () => "https://www.gstatic.com/iap/verify/public_key-jwk",
    maxLifetime: 11 * MINUTE,
  },
  /**
   * The signer is the load balancer's ARN, the issuer the one of its OIDC provider, the audience the client id there.
   */
  "aws-alb": {
    header: "x-amzn-oidc-data",
    algorithms: ["ES256"],
    type: null,
    needs: ["issuer", "signer"],
    aws: true,
    keys: keysOfLoadBalancer,
    maxLifetime: 60 * MINUTE,
  },
  /**
   * Issuer and audience are the host of the route, as in `app.example.com`; newer releases can be told to write the
   * issuer as a URL.
   */
  pomerium: {
    header: "x-pomerium-jwt-assertion",
    algorithms: ["ES256"],
    type: null,
    needs: ["issuer", "audience"],
    keys: (issuer) => below(issuer.includes("://") ? issuer : `https://${issuer}`, "/.well-known/pomerium/jwks.json"),
    maxLifetime: 60 * MINUTE,
  },
  /** The issuer is the gateway's public URL, the audience the upstream's URL as the gateway knows it. */
  coatcheck: {
    header: "x-coatcheck-assertion",
    algorithms: ["EdDSA", "Ed25519", "ES256", "RS256"],
    type: ASSERTION_TYPE,
    needs: ["issuer", "audience"],
    keys: (issuer) => below(issuer, "/auth/keys"),
    maxLifetime: 15 * MINUTE,
  },
};

const ARN = /^arn:(aws|aws-us-gov):elasticloadbalancing:([a-z0-9-]{5,32}):\d{12}:loadbalancer\/app\/[\w-]+\/[0-9a-f]+$/;

/** Every region has an address of its own; those of the government are in a bucket. */
function keysOfLoadBalancer(arn: string): string {
  const [, partition, region] = ARN.exec(arn) ?? [];
  if (region === undefined)
    throw new TypeError(`proxy.assertion.signer is ${JSON.stringify(arn)}, which is no ARN of a load balancer`);
  return partition === "aws"
    ? `https://public-keys.auth.elb.${region}.amazonaws.com`
    : `https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-${region}`;
}
