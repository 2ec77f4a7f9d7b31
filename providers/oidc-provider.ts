/**
 * oidc-provider (npm), strictly rotating, in this process. The demo has its own, which is copied by itself and shows
 * pages for people; this one rotates its keys, blocks users, and takes the place that the laboratory gives it.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { type Context, Provider as Oidc } from "oidc-provider";
import { guideBlock } from "./guide.ts";
import { LocalServer } from "./local-server.ts";
import { Memory } from "./memory.ts";
import type { Place, Provider, Running } from "./provider.ts";

const SCOPES = "openid profile email offline_access";
const HOUR = 3_600;

export const OIDC_PROVIDER: Provider = {
  id: "oidc-provider",
  title: "oidc-provider",
  lane: "small",
  lacks: {
    "end-notice":
      "oidc-provider leaves an administrator's part to the app that uses it; this one destroys session and grants, and sends no logout token.",
  },
  settings: () => guideBlock("oidc-provider"),
  async open(place, stack) {
    const own = new OwnProvider(place);
    await own.start();
    stack.defer(() => own.stop());
    return own;
  },
};

class OwnProvider implements Running {
  readonly issuer: string;
  readonly #place: Place;
  readonly #memory = new Memory();
  readonly #keys = [newKey()];
  readonly #cookieKey = randomBytes(16).toString("hex");
  readonly #disabled = new Set<string>();
  readonly #server: LocalServer;
  #handle: RequestListener = () => undefined;

  constructor(place: Place) {
    this.#place = place;
    this.issuer = place.recorder.origin;
    this.#server = new LocalServer(place.port, (request, response) => this.#handle(request, response));
  }

  async start(): Promise<void> {
    this.#handle = this.#make().callback();
    await this.#server.open();
  }

  async stop(): Promise<void> {
    await this.#server.close();
  }

  async disableUser(user: string): Promise<void> {
    this.#disabled.add(user);
    // No user is signed on without an account; an operator of the provider ends that session as well.
    this.#memory.forget(user, "Session:");
  }

  async endSessions(user: string): Promise<void> {
    this.#memory.forget(user);
  }

  async rotateKeys(): Promise<void> {
    this.#keys.unshift(newKey());
    this.#handle = this.#make().callback();
  }

  #make(): Oidc {
    const { clients, lifetime } = this.#place;
    const made = new Oidc(this.issuer, {
      adapter: (kind: string) => this.#memory.adapter(kind),
      clients: clients.map(({ id, secret, origin }) => ({
        client_id: id,
        client_secret: secret,
        redirect_uris: [`${origin}/auth/callback`],
        post_logout_redirect_uris: [`${origin}/`, `${origin}/auth/signed-out`],
        backchannel_logout_uri: `${origin}/auth/backchannel-logout`,
        backchannel_logout_session_required: true,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      })),
      jwks: { keys: this.#keys },
      cookies: { keys: [this.#cookieKey] },
      scopes: SCOPES.split(" "),
      claims: { openid: ["sub", "sid"], profile: ["name", "preferred_username"], email: ["email", "email_verified"] },
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      clientBasedCORS: () => false,
      rotateRefreshToken: true,
      // Else it gives web clients one for `prompt=consent` alone.
      issueRefreshToken: async () => true,
      // Its logout tokens go to this machine, which its own dispatcher refuses to talk to.
      fetch: (url: string, { dispatcher: _, ...request }: RequestInit & { readonly dispatcher?: unknown }) => fetch(url, request),
      ttl: {
        AccessToken: lifetime,
        AuthorizationCode: 60,
        Grant: HOUR,
        IdToken: HOUR,
        Interaction: HOUR,
        RefreshToken: HOUR,
        Session: HOUR,
      },
      interactions: { url: (_: Context, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
      features: {
        devInteractions: { enabled: false },
        backchannelLogout: { enabled: true },
        revocation: { enabled: true, allowedPolicy: () => true },
        rpInitiatedLogout: {
          enabled: true,
          logoutSource: (context: Context, form: string) => {
            // Its form is sent by a script, which says that the session ends as well.
            context.body = page(form.replace("</form>", '<input type="hidden" name="logout" value="yes"></form>'));
          },
          postLogoutSuccessSource: (context: Context) => {
            context.body = page("<p>Signed out.</p>");
          },
        },
      },
      findAccount: (_: Context, id: string) => (this.#disabled.has(id) ? undefined : accountOf(id)),
      loadExistingGrant: (context: Context) => grantAll(made, context),
    });
    made.use(async (context, next) => {
      if (context.path.startsWith("/interaction/")) await this.#interact(made, context);
      else await next();
    });
    return made;
  }

  async #interact(provider: Oidc, context: Context): Promise<void> {
    const { req, res, method, path } = context;
    context.type = "html";
    try {
      await provider.interactionDetails(req, res);
    } catch {
      context.status = 400;
      context.body = page("<p>This login is over.</p>");
      return;
    }
    const form = method === "POST" ? new URLSearchParams(await bodyOf(req)) : new URLSearchParams();
    const user = form.get("login") ?? "";
    if (method === "POST" && form.get("password") === this.#place.password && !this.#disabled.has(user)) {
      context.redirect(await provider.interactionResult(req, res, { login: { accountId: user } }));
      context.status = 303;
      return;
    }
    context.status = 200;
    context.body = page(
      `<form method="post" action="${path}"><input name="login"><input type="password" name="password"><button>Go</button></form>`,
    );
  }
}

const newKey = () => ({
  ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }),
  kid: randomBytes(6).toString("hex"),
  alg: "RS256",
  use: "sig",
});

const accountOf = (id: string) => ({
  accountId: id,
  claims: () => ({ sub: id, name: id, preferred_username: id, email: id, email_verified: true }),
});

const page = (content: string): string => `<!doctype html><title>Sign on</title>${content}`;

/** The apps are the provider's own: a user who signs in has agreed. */
async function grantAll(provider: Oidc, { oidc: { client, session } }: Context): Promise<object | undefined> {
  if (client === undefined || session.accountId === undefined) return undefined;
  const known = session.grantIdFor(client.clientId);
  const found = known === undefined ? undefined : await provider.Grant.find(known);
  if (found !== undefined) return found;
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope(SCOPES);
  await grant.save();
  return grant;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
