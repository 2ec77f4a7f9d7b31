/** How our client authenticates at the token endpoint. */
import type { ClientAuth } from "openid-client";
import { ClientSecretBasic, ClientSecretPost, modifyAssertion, None, PrivateKeyJwt } from "openid-client";
import { CoatcheckError } from "../../core/errors.ts";
import { secretNow } from "../../crypto/given-secret.ts";
import type { SettledConfig } from "./config.ts";

/**
 * How our requests to the provider are authenticated: by exactly one method (TK-03), settled before the first request.
 */
export function clientAuthentication(config: SettledConfig): () => Promise<ClientAuth> {
  const secret = () => secretNow(config.clientSecret ?? "");
  switch (config.clientAuthentication) {
    case "client_secret_basic":
      return once(() => basic(secret));
    case "client_secret_post":
      return once(
        (): ClientAuth =>
          (...request) =>
            ClientSecretPost(secret())(...request),
      );
    case "none":
      return once(() => None());
    case "private_key_jwt":
      return once(() => privateKeyJwt(config));
  }
}

/** The header is the same for every request while the secret is, so it is made once for each. */
function basic(secret: () => string): ClientAuth {
  let known: string | null = null;
  let made: string | null = null;
  return (server, client, body, headers) => {
    const now = secret();
    if (made !== null && known === now) {
      headers.set("authorization", made);
      return;
    }
    ClientSecretBasic(now)(server, client, body, headers);
    known = now;
    made = headers.get("authorization");
  };
}

function once(make: () => ClientAuth | Promise<ClientAuth>): () => Promise<ClientAuth> {
  let made: Promise<ClientAuth> | null = null;
  return () => {
    made ??= Promise.resolve(make());
    return made;
  };
}

/** `aud` is the issuer alone and `typ` says what it is, so that an assertion is of no use anywhere else (TK-04). */
async function privateKeyJwt(config: SettledConfig): Promise<ClientAuth> {
  const jwk: NonNullable<SettledConfig["privateKey"]> = config.privateKey ?? {};
  const key = await importKey(jwk);
  return PrivateKeyJwt(jwk.kid === undefined ? key : { key, kid: jwk.kid }, {
    [modifyAssertion]: (header) => {
      header["typ"] = "client-authentication+jwt";
    },
  });
}

async function importKey(jwk: JsonWebKey): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("jwk", jwk, importParameters(jwk.alg ?? ""), false, ["sign"]);
  } catch (cause) {
    throw new CoatcheckError("ERR_CONFIG", { message: "provider.privateKey is not a private JWK that fits its alg.", cause });
  }
}

function importParameters(alg: string): RsaHashedImportParams | EcKeyImportParams | { readonly name: string } {
  const hash = `SHA-${alg.slice(2)}`;
  if (alg.startsWith("RS")) return { name: "RSASSA-PKCS1-v1_5", hash };
  if (alg.startsWith("PS")) return { name: "RSA-PSS", hash };
  if (alg.startsWith("ES")) return { name: "ECDSA", namedCurve: alg === "ES512" ? "P-521" : `P-${alg.slice(2)}` };
  return { name: "Ed25519" };
}
