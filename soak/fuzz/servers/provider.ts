/** The OpenID provider of the run: signs in the user whom `login_hint` names, and issues bearer tokens. */
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { GROUP } from "../clients/people.ts";

export const AUDIENCE = "fuzz-api";
const LIFETIME = 36_000;

/** A small OpenID provider: it signs in whom `login_hint` names, at once. `m…` is a member of the group. */
export class Provider {
  readonly clientId = "fuzz";
  readonly clientSecret = randomUUID();
  issuer = "";
  readonly #keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  readonly #server: Server;
  readonly #codes = new Map<string, { readonly subject: string; readonly nonce: string | null }>();
  readonly #refresh = new Map<string, string>();

  constructor() {
    this.#server = createServer((message, response) => void this.#answer(message, response));
  }

  listen(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", () => {
      const address = this.#server.address();
      this.issuer = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
      resolve();
    });
    return promise;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Closes what lies idle. */
  rest(): void {
    this.#server.closeIdleConnections();
  }

  /** An access token in the form of RFC 9068, as a program would present it. */
  bearer(subject: string): string {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: this.issuer,
      aud: AUDIENCE,
      sub: subject,
      client_id: "robot",
      jti: randomUUID(),
      iat: now,
      exp: now + LIFETIME,
    };
    return this.#jwt({ ...claims, groups: groupsOf(subject) }, "at+jwt");
  }

  #jwt(claims: object, typ: string): string {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ alg: "RS256", kid: "k", typ })}.${part(claims)}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), this.#keys.privateKey).toString("base64url")}`;
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(message.url ?? "/", this.issuer);
    let text = "";
    for await (const chunk of message) text += String(chunk);
    if (pathname === "/authorize") {
      response.writeHead(302, { location: this.#authorize(searchParams) }).end();
      return;
    }
    const answer = this.#document(pathname, new URLSearchParams(text));
    response.writeHead(answer === null ? 400 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { error: "invalid_grant" }));
  }

  #authorize(query: URLSearchParams): string {
    const code = randomUUID();
    this.#codes.set(code, { subject: query.get("login_hint") ?? "", nonce: query.get("nonce") });
    const back = new URL(query.get("redirect_uri") ?? "");
    for (const [name, value] of [
      ["code", code],
      ["state", query.get("state") ?? ""],
      ["iss", this.issuer],
    ] as const)
      back.searchParams.set(name, value);
    return back.href;
  }

  #document(path: string, form: URLSearchParams): object | null {
    if (path === "/jwks")
      return { keys: [{ ...this.#keys.publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256", use: "sig" }] };
    if (path === "/token") return this.#token(form);
    const at = (name: string): string => `${this.issuer}/${name}`;
    return {
      issuer: this.issuer,
      authorization_endpoint: at("authorize"),
      token_endpoint: at("token"),
      jwks_uri: at("jwks"),
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      authorization_response_iss_parameter_supported: true,
    };
  }

  #token(form: URLSearchParams): object | null {
    const old = form.get("refresh_token");
    const grant = old === null ? this.#codes.get(form.get("code") ?? "") : { subject: this.#refresh.get(old), nonce: null };
    if (grant?.subject === undefined) return null;
    const { subject, nonce } = grant;
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: this.issuer, aud: this.clientId, sub: subject, iat: now, exp: now + 300, groups: groupsOf(subject) };
    const next = randomUUID();
    this.#refresh.set(next, subject);
    return {
      access_token: `token-of-${subject}-${randomUUID()}`,
      refresh_token: next,
      token_type: "Bearer",
      expires_in: LIFETIME,
      id_token: this.#jwt(nonce === null ? claims : { ...claims, nonce }, "JWT"),
    };
  }
}

const groupsOf = (subject: string): readonly string[] => (subject.startsWith("m") ? [GROUP] : []);
