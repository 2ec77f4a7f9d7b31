/** Access tokens for several APIs, by resource indicators (RFC 8707): the library with oidc-provider. */
import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { coatcheck, type Session } from "coatcheck";
import { memory } from "coatcheck/memory";
import { type Context, Provider as Oidc } from "oidc-provider";
import { freePort } from "../tools/suite/free-port.ts";
import { Memory } from "./memory.ts";

const APP = "http://localhost:3000";
const BILLING = "https://billing.example.com";
const ORDERS = "https://orders.example.com";
const secret = randomBytes(24).toString("base64url");
const open = new AsyncDisposableStack();
let issuer = "";
/** The forms that came to the token endpoint. */
const forms: { readonly resource?: string; readonly refresh_token?: string }[] = [];

/** Each person who comes is alice, and agrees to everything. */
before(async () => {
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  const store = new Memory();
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "k" };
  const made = new Oidc(issuer, {
    adapter: (kind: string) => store.adapter(kind),
    clients: [
      {
        client_id: "app",
        client_secret: secret,
        redirect_uris: [`${APP}/auth/callback`],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    scopes: ["openid", "profile", "email", "offline_access"],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    findAccount: (_: Context, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      Grant: 3_600,
      IdToken: 300,
      Interaction: 60,
      RefreshToken: 3_600,
      Session: 3_600,
    },
    interactions: { url: (_: Context, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        getResourceServerInfo: (_: Context, resource: string) => ({
          scope: resource === BILLING ? "invoices:read" : "orders:read",
          audience: resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: 300,
        }),
      },
    },
    loadExistingGrant: async ({ oidc }: Context) => {
      const grant = new made.Grant({ clientId: oidc.client?.clientId ?? "", accountId: oidc.session.accountId ?? "alice" });
      grant.addOIDCScope("openid profile email offline_access");
      for (const [resource, scope] of [
        [BILLING, "invoices:read"],
        [ORDERS, "orders:read"],
      ] as const)
        Reflect.apply(Reflect.get(grant, "addResourceScope"), grant, [resource, scope]);
      await grant.save();
      return grant;
    },
  });
  made.use(async (context, next) => {
    const { req, res, path } = context;
    if (path.startsWith("/interaction/")) {
      context.redirect(await made.interactionResult(req, res, { login: { accountId: "alice" } }));
      return;
    }
    await next();
    if (path === "/token") forms.push(Object(Reflect.get(context.oidc, "body")));
  });
  const server = createServer(made.callback()).listen(port, "127.0.0.1");
  open.defer(() => {
    server.closeAllConnections();
    server.close();
  });
});
after(() => open.disposeAsync());

test("RF-02 tokens for two APIs at oidc-provider: one call each, over a rotating refresh token", async () => {
  const auth = coatcheck({
    publicUrl: APP,
    secrets: randomBytes(32).toString("base64url"),
    store: memory(),
    provider: { issuer, clientId: "app", clientSecret: secret, resources: [BILLING, ORDERS] },
    on: () => undefined,
  });
  open.defer(() => auth.close());
  const jar = new Map<string, string>();
  const keep = (response: Response): Response => {
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = line.split(";")[0]?.split(/=(.*)/s) ?? [];
      jar.set(name, value);
    }
    return response;
  };
  const headers = (): HeadersInit => ({
    host: "localhost:3000",
    cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
    accept: "text/html",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
  });
  const at = async <T>(path: string, act: (session: Session) => Promise<T>): Promise<{ response: Response; given?: T }> => {
    let given: T | undefined;
    const response = await auth.handle(new Request(new URL(path, APP), { headers: headers() }), async (session) => {
      given = await act(session);
      return new Response("done");
    });
    return { response: keep(response), ...(given === undefined ? {} : { given }) };
  };
  const nothing = async (): Promise<void> => undefined;

  let location = (await at("/auth/login", nothing)).response.headers.get("location") ?? "";
  const theirs = new Map<string, string>();
  while (location.startsWith(issuer)) {
    const cookie = [...theirs].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(location, { redirect: "manual", headers: { cookie } });
    await answer.arrayBuffer();
    for (const line of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = line.split(";")[0]?.split(/=(.*)/s) ?? [];
      theirs.set(name, value);
    }
    location = new URL(answer.headers.get("location") ?? assert.fail(`${answer.status} at ${location}`), issuer).href;
  }
  const landed = await at(location, nothing);
  assert.equal(landed.response.status, 303, await landed.response.text());

  const tokensOf = async (audiences: readonly string[]): Promise<readonly string[]> =>
    (await at("/", (session) => Promise.all(audiences.map((audience) => session.accessToken({ audience }))))).given ??
    assert.fail("no tokens");
  const before = forms.length;
  const [billing = "", orders = "", again = ""] = await tokensOf([BILLING, ORDERS, BILLING]);
  assert.deepEqual([audienceOf(billing), audienceOf(orders)], [BILLING, ORDERS]);
  assert.equal(again, billing);
  assert.deepEqual(await tokensOf([BILLING, ORDERS]), [billing, orders], "kept with the session");
  const sent = forms.slice(before);
  assert.deepEqual(sent.map(({ resource }) => resource).toSorted(), [BILLING, ORDERS]);
  assert.equal(new Set(sent.map((form) => form.refresh_token)).size, 2, "each refresh token was shown once");
  const denied = await at("/", (session) =>
    session.accessToken({ audience: "https://other.example.com" }).catch((error: unknown) => Reflect.get(Object(error), "code")),
  );
  assert.equal(denied.given, "ERR_PROVIDER_REFUSED");
  assert.deepEqual(await tokensOf([BILLING]), [billing], "and the session goes on");
});

/** `aud` of a JWT. */
function audienceOf(token: string): unknown {
  return Reflect.get(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()), "aud");
}
