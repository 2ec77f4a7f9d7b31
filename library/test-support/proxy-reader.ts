/** A proxy that signs people on: it names them in the header `x-user`. */
import type { Identity, ProxyReader, RequestView } from "../src/contracts.ts";

/** A user as the proxy asserts them. */
export const assertedUser = (subject: string, claims: Identity["claims"] = {}): Identity => ({
  issuer: "proxy:test",
  subject,
  claims,
  authenticatedAt: 0,
  method: "proxy",
});

/** Reads who is in `x-user`, with the claims that the test finds in the request. */
export const proxyReader = (claimsOf: (request: RequestView) => Identity["claims"] = () => ({})): ProxyReader => ({
  headers: ["x-user"],
  read(request) {
    const subject = request.header("x-user");
    return subject === undefined ? { kind: "absent" } : { kind: "asserted", identity: assertedUser(subject, claimsOf(request)) };
  },
});
