/** The demo's OpenID provider, made with oidc-provider: two users, one client, no consent page. */
import type { IncomingMessage } from "node:http";
import { type Context, type Interaction, Provider } from "oidc-provider";
import { serveAsset } from "../assets.ts";
import { pageHeaders } from "../html.ts";
import type { DevelopmentKeys } from "./keys.ts";
import { ProviderMemory } from "./memory.ts";
import { errorPage, loginPage, logoutPage, signedOutPage } from "./pages.ts";
import { claimsOf, PASSWORD, personOf } from "./people.ts";

/** The one app that the development provider knows. */
export interface Client {
  readonly id: string;
  readonly name: string;
  /** Where its browsers find it. */
  readonly origin: string;
  /** The path that logins lead back to. Default `/auth/callback`. */
  readonly callback?: string;
}

export interface DevelopmentProvider {
  readonly callback: ReturnType<Provider["callback"]>;
  readonly memory: ProviderMemory;
}

const SCOPES = "openid profile email offline_access";
const MOST_FORM_BYTES = 4_096;
const HOUR = 3_600;

/**
 * A real OpenID provider with two people, who sign in by a click; it asks for no consent, because the app is its own.
 */
export function developmentProvider(issuer: string, client: Client, keys: DevelopmentKeys): DevelopmentProvider {
  const memory = new ProviderMemory();
  const provider = new Provider(issuer, {
    adapter: (kind: string) => memory.adapter(kind),
    clients: [
      {
        client_id: client.id,
        client_name: client.name,
        client_secret: keys.clientSecret,
        redirect_uris: [`${client.origin}${client.callback ?? "/auth/callback"}`],
        post_logout_redirect_uris: ["/", "/signed-out", "/auth/signed-out"].map((page) => client.origin + page),
        backchannel_logout_uri: `${client.origin}/auth/backchannel-logout`,
        backchannel_logout_session_required: true,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      },
    ],
    jwks: { keys: [keys.signingKey] },
    cookies: { keys: [keys.providerCookies] },
    claims: {
      openid: ["sub", "sid"],
      profile: ["name", "given_name", "family_name", "preferred_username", "groups"],
      email: ["email", "email_verified"],
    },
    scopes: SCOPES.split(" "),
    // The ID token says it all, so that UserInfo is not needed as well.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    clientBasedCORS: () => false,
    fetch: sendHere,
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: HOUR,
      AuthorizationCode: 60,
      Grant: 24 * HOUR,
      IdToken: HOUR,
      Interaction: HOUR,
      RefreshToken: 24 * HOUR,
      Session: 24 * HOUR,
    },
    interactions: { url: (_: Context, { uid }: Interaction) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context: Context, form: string) => {
          const [, action = "", token = ""] = /action="([^"]*)".*value="([^"]*)"/.exec(form) ?? [];
          context.body = logoutPage(action, token);
        },
        postLogoutSuccessSource: (context: Context) => {
          context.body = signedOutPage();
        },
      },
    },
    findAccount: (_: Context, id: string) => {
      const person = personOf(id);
      return person === undefined ? undefined : { accountId: id, claims: () => claimsOf(person) };
    },
    loadExistingGrant: (context: Context) => grantAll(provider, context),
    renderError: (context: Context, { error, error_description: reason }: { error: string; error_description?: string }) => {
      context.type = "html";
      context.body = errorPage({
        title: "This did not work",
        reason: `The provider refused the request: ${reason ?? "no reason given"}.`,
        code: error,
        home: client.origin,
      });
    },
  });

  const headers = Object.entries(pageHeaders([client.origin]));
  provider.use(async (context, next) => {
    for (const [name, value] of headers) context.set(name, value);
    const asset = context.method === "GET" ? serveAsset(context.path) : undefined;
    if (asset !== undefined) {
      context.set("content-type", asset.type);
      context.body = asset.content;
    } else if (context.path.startsWith("/interaction/")) await interact(provider, context, client);
    else await next();
  });
  return { callback: provider.callback(), memory };
}

/** Its logout tokens go to an app on this machine, which the provider's own dispatcher refuses to talk to. */
function sendHere(
  url: string,
  { dispatcher: _, ...request }: RequestInit & { readonly dispatcher?: unknown },
): Promise<Response> {
  return fetch(url, request);
}

/** The app is the provider's own: a user who signs in has agreed. */
async function grantAll(provider: Provider, { oidc }: Context): Promise<object | undefined> {
  const { client, session } = oidc;
  if (client === undefined || session.accountId === undefined) return undefined;
  const known = session.grantIdFor(client.clientId);
  const found = known === undefined ? undefined : await provider.Grant.find(known);
  if (found !== undefined) return found;
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope(SCOPES);
  await grant.save();
  return grant;
}

/** The login page, and what comes back from it. */
async function interact(provider: Provider, context: Context, client: Client): Promise<void> {
  const { req, res, method, path } = context;
  context.type = "html";
  let interaction: Interaction;
  try {
    interaction = await provider.interactionDetails(req, res);
  } catch {
    context.status = 400;
    context.body = errorPage({
      title: "This login is over",
      reason: "It was finished, took too long, or began in another browser.",
      code: "invalid_request",
      home: client.origin,
    });
    return;
  }
  const { params, prompt, session } = interaction;
  if (prompt.name === "consent" && session !== undefined) {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: client.id });
    grant.addOIDCScope(SCOPES);
    const consent = { grantId: await grant.save() };
    return goOn(context, await provider.interactionResult(req, res, { consent }));
  }
  const content = { action: path, client: client.name, hint: params.login_hint ?? "" };
  if (method !== "POST") {
    context.status = 200;
    context.body = loginPage(content);
    return;
  }
  const form = await readForm(req);
  const person = personOf(form.get("pick") ?? (form.get("login") ?? "").trim().toLowerCase());
  if (person !== undefined && (form.has("pick") || form.get("password") === PASSWORD)) {
    return goOn(context, await provider.interactionResult(req, res, { login: { accountId: person.id } }));
  }
  context.status = 400;
  context.body = loginPage({ ...content, hint: form.get("login") ?? "", problem: "Name and password do not belong together." });
}

function goOn(context: Context, to: string): void {
  context.redirect(to);
  context.status = 303;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MOST_FORM_BYTES) return new URLSearchParams();
  }
  return new URLSearchParams(text);
}
