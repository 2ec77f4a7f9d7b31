/**
 * A process: a strictly rotating OpenID provider that keeps a journal of every refresh token presented to it, and
 * beside it the app behind the gateways, which asks the provider's memory whether the access token that it is given is
 * live.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Context, Provider } from "oidc-provider";
import { type Random, randomOf } from "../../random.ts";
import { ProviderMemory, type Seen } from "./memory.ts";
import { isProviderOrder, lifeOf, type ProviderMessage, type ProviderOrder } from "./messages.ts";

const SCOPES = "openid offline_access";
const HOUR = 3_600;
/** One answer in so many is kept back for long enough to strike the gateway that waits for it. */
const KEPT_BACK = 4;

const tell = (message: ProviderMessage): void => void process.send?.(message);

process.once("message", (order) => {
  if (!isProviderOrder(order)) throw new TypeError("an order for the provider was expected");
  void serve(order);
});
// The process that started us is gone.
process.once("disconnect", () => process.exit());

async function serve(order: ProviderOrder): Promise<void> {
  const memory = new ProviderMemory();
  setInterval(() => memory.sweep(), 10_000).unref();
  const app = await listening((request, response) => answerAsApp(memory, request, response));
  let handle: RequestListener = () => undefined;
  const server = await listening((request, response) => handle(request, response));
  const issuer = originOf(server);
  handle = provider(issuer, order, memory).callback();
  tell({ kind: "listening", issuer, upstream: originOf(app) });
}

/** Says whose the token is and when it runs out, and whom the gateway named. */
function answerAsApp(memory: ProviderMemory, { headers }: IncomingMessage, response: ServerResponse): void {
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  const live = token === undefined ? undefined : memory.liveToken(token);
  response.setHeader("content-type", "application/json");
  const user = headers["x-auth-request-user"];
  if (live !== undefined) response.end(JSON.stringify({ account: live.account, grant: live.grant, expires: live.until, user }));
  else if (token === undefined) response.writeHead(500).end(JSON.stringify({ error: "no token came along" }));
  else response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"' }).end("{}");
}

function provider(issuer: string, { clientId, clientSecret, callback, lifetime, seed }: ProviderOrder, memory: ProviderMemory) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const random = randomOf(seed, "provider");
  const made = new Provider(issuer, {
    adapter: (kind: string) => memory.adapter(kind),
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [callback],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "soak", alg: "RS256", use: "sig" }] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    scopes: SCOPES.split(" "),
    pkce: { required: () => true },
    clientBasedCORS: () => false,
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: lifetime,
      AuthorizationCode: 60,
      Grant: 12 * HOUR,
      IdToken: HOUR,
      Interaction: HOUR,
      RefreshToken: 12 * HOUR,
      Session: 12 * HOUR,
    },
    interactions: { url: (_: Context, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    features: { devInteractions: { enabled: false }, revocation: { enabled: true, allowedPolicy: () => true } },
    findAccount: (_: Context, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    loadExistingGrant: async (context: Context) => {
      const { client, session } = context.oidc;
      if (client === undefined || session.accountId === undefined) return undefined;
      const grant = new made.Grant({ accountId: session.accountId, clientId: client.clientId });
      grant.addOIDCScope(SCOPES);
      await grant.save();
      return grant;
    },
  });
  made.use(async (context, next) => {
    if (context.path.startsWith("/interaction/")) return signIn(made, context);
    const by = knownBy(context.req);
    if (context.path !== "/token" || by === undefined) return next();
    await watched(context, next, { memory, random, by });
  });
  return made;
}

/** The user is the one whom the login's hint names. */
async function signIn(provider: Provider, context: Context): Promise<void> {
  const { req, res } = context;
  const { params } = await provider.interactionDetails(req, res);
  const accountId = params.login_hint ?? "unknown";
  context.redirect(await provider.interactionResult(req, res, { login: { accountId } }));
}

/** Reads from the client secret which gateway asks, and gives the provider the one that it knows. */
function knownBy({ headers }: IncomingMessage): string | undefined {
  const [, encoded = ""] = /^Basic (.+)$/.exec(headers.authorization ?? "") ?? [];
  const [id, shown] = Buffer.from(encoded, "base64").toString().split(":").map(decodeURIComponent);
  if (id === undefined || shown === undefined) return undefined;
  const { secret, life } = lifeOf(shown);
  headers.authorization = `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`;
  return life;
}

interface Watch {
  readonly memory: ProviderMemory;
  readonly random: Random;
  readonly by: string;
}

/** Takes a moment before and after, as providers do, and writes the journal. */
async function watched(context: Context, next: () => Promise<void>, { memory, random, by }: Watch): Promise<void> {
  const at = Date.now();
  const seen: Seen = { presented: null, account: null, grant: null, consumed: false };
  const kept = random.next() < 1 / KEPT_BACK;
  const [before, after] = [random.between(0, 40), kept ? random.between(150, 400) : random.between(0, 40)];
  await sleep(before);
  await memory.watch(seen, next);
  if (seen.presented !== null && kept && context.status === 200) tell({ kind: "keeping", by });
  await sleep(after);
  const { presented, account, grant } = seen;
  if (presented === null) return;
  const outcome = outcomeOf(context, seen.consumed);
  const whose = { account: account ?? "unknown", grant: grant ?? "unknown" };
  tell({ kind: "token-use", use: { at, answered: Date.now(), by, token: presented, ...whose, outcome } });
}

function outcomeOf({ status, body }: Context, consumed: boolean) {
  if (status === 200) return "rotated";
  if (Reflect.get(Object(body), "error") !== "invalid_grant") return "error";
  return consumed ? "reuse" : "refused";
}

async function listening(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", () => resolve());
  await promise;
  return server;
}

function originOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}
