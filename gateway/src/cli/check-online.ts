/**
 * `check-config --online`: tries what a configuration can only name. It asks as little as tells something, and says
 * what cannot be told.
 */
import { once } from "node:events";
import { CoatcheckError } from "coatcheck";
import type { ProviderSettings, Settings } from "../config/config.ts";
import type { KeepingSetting, StoreSetting } from "../config/kinds/store-kind.ts";
import { redirectAddresses } from "../config/redirect-addresses.ts";
import { openStore } from "../session/open-store.ts";
import { shownSecret } from "../session/provider/client-secret.ts";

/** How long a store may take to be opened and written, in milliseconds. */
const STORE_LIMIT = 15_000;

/** What came of a try. */
interface Tried {
  readonly what: string;
  readonly ok: boolean;
  readonly said: string;
}

/** Tries the providers, the client at each of them, and the store. */
export async function tryOnline(settings: Settings): Promise<readonly Tried[]> {
  const redirect = (provider: ProviderSettings) => redirectAddresses({ ...settings, providers: [provider] })[0] ?? "";
  const providers = await Promise.all(settings.providers.map((provider) => tryProvider(provider, redirect(provider))));
  const { store, storePassword, moveTo, moveToPassword } = settings;
  const stores = [await tryStore("store", store, storePassword)];
  if (moveTo !== undefined) stores.push(await tryStore("store to move to", moveTo, moveToPassword));
  return [...providers.flat(), ...stores];
}

type Json = { readonly [key: string]: unknown };

async function tryProvider(provider: ProviderSettings, redirect: string): Promise<readonly Tried[]> {
  const { type, name, issuer, timeout } = provider;
  const what = `provider ${name}`;
  if (type === "oauth2") return [{ what, ok: true, said: "cannot be told: without OpenID Connect only a login tries it" }];
  const failed = (said: string): readonly Tried[] => [{ what, ok: false, said }];
  try {
    const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const { status, body } = await ask(address, { method: "GET" }, timeout);
    if (status !== 200) return failed(`answered ${status} for its metadata`);
    if (body["issuer"] !== issuer)
      return failed(
        `calls itself ${String(body["issuer"]).slice(0, 200)}, and not ${issuer}; they are compared letter for letter`,
      );
    const { token_endpoint: endpoint } = body;
    if (typeof endpoint !== "string" || !mayBeAsked(endpoint)) return failed("names no token endpoint that may be asked");
    return [{ what, ok: true, said: "found" }, await tryClient(provider, endpoint, redirect)];
  } catch (error) {
    return failed(`cannot be reached: ${reasonOf(error)}`);
  }
}

/** The secret goes nowhere but over https, or within this machine. */
function mayBeAsked(endpoint: string): boolean {
  const url = URL.parse(endpoint);
  return (
    url?.protocol === "https:" || (url?.protocol === "http:" && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
  );
}

/** Redeems an invented code. A provider that checks the client first says whether it is known; others tell nothing. */
async function tryClient(provider: ProviderSettings, endpoint: string, redirect: string): Promise<Tried> {
  const { name, clientId, clientAuthentication, timeout } = provider;
  const clientSecret = shownSecret(provider, () => provider.clientSecret)();
  const what = `client ${name}`;
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    code: "none",
    redirect_uri: redirect,
    code_verifier: "x".repeat(43),
  });
  const headers = new Headers({ "content-type": "application/x-www-form-urlencoded", accept: "application/json" });
  if (clientAuthentication === "client_secret_basic") {
    const [id, secret] = [clientId, clientSecret].map((part) => new URLSearchParams({ a: part }).toString().slice(2));
    headers.set("authorization", `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`);
  } else {
    form.set("client_id", clientId);
    form.set("client_secret", clientSecret);
  }
  const { status, body } = await ask(endpoint, { method: "POST", headers, body: form.toString() }, timeout);
  const code = typeof body["error"] === "string" && /^[a-z_]{1,40}$/.test(body["error"]) ? body["error"] : "no error code";
  if (code === "invalid_grant") return { what, ok: true, said: "accepted: the provider refused only the made-up code" };
  if (code === "invalid_client" || code === "unauthorized_client" || status === 401) {
    return { what, ok: false, said: `refused (${status}, ${code}): look at clientId, clientSecret and clientAuthentication` };
  }
  return { what, ok: true, said: `cannot be told: the provider answered ${status}, ${code}` };
}

async function tryStore(what: string, setting: StoreSetting, password: string | undefined): Promise<Tried> {
  const keeping = setting.kind === "cookie" ? setting.marks : setting;
  if (keeping === null) return { what, ok: true, said: "is none: sessions are in their cookies" };
  const late = AbortSignal.timeout(STORE_LIMIT);
  const silent = once(late, "abort").then(() => Promise.reject(new Error(`it did not answer within ${STORE_LIMIT / 1_000} s`)));
  silent.catch(() => {});
  try {
    await Promise.race([written(keeping, password), silent]);
    return { what, ok: true, said: "can be written" };
  } catch (error) {
    const { cause } = error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE" ? error : {};
    return { what, ok: false, said: `cannot be used: ${cause instanceof Error ? cause.message : reasonOf(error)}` };
  }
}

async function written(setting: KeepingSetting, password: string | undefined): Promise<void> {
  const store = await openStore(setting, { password: () => password, onWarning: () => undefined, mustAnswer: true });
  try {
    const now = Date.now();
    await store.mark("check-config", now + 1_000, now);
  } finally {
    await store.close();
  }
}

const LARGEST = 1_048_576;

async function ask(
  url: string,
  options: RequestInit,
  timeout: number,
): Promise<{ readonly status: number; readonly body: Json }> {
  const answer = await fetch(url, { ...options, redirect: "manual", signal: AbortSignal.timeout(timeout) });
  let text = "";
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.length > LARGEST) throw new Error("its answer is too large");
  }
  return { status: answer.status, body: parsed(text) };
}

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  } catch {
    return {};
  }
}

/** In a few words; `fetch` says what happened in its cause. */
function reasonOf(error: unknown): string {
  if (error instanceof CoatcheckError || !(error instanceof Error)) return String(error instanceof Error ? error.message : error);
  const { cause } = error;
  if (cause instanceof Error) return "code" in cause ? String(cause.code) : cause.message;
  return error.message;
}
