/** Tries a provider: its metadata, its clock, the client's secret and the redirect addresses. */
import { isLoopbackHost } from "../cookie/names.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { secretNow } from "../crypto/given-secret.ts";
import { ask, type Heard, reasonOf } from "./ask.ts";
import type { Examined, ExaminedClient, Finding } from "./finding.ts";

/** Milliseconds. The header has whole seconds, so what is less tells nothing. */
const NOTABLE = 5_000;

/** All that can be told of one provider. It gets the client's credentials, and a code that it never gave. */
export async function examineProvider(client: ExaminedClient, examined: Examined): Promise<readonly Finding[]> {
  const { name: subject, type, issuer, timeout, fetch: by } = client;
  if (type === "oauth2") {
    const said = "cannot be told: without OpenID Connect only a login tries it";
    return [{ check: "discovery", subject, outcome: "unknown", said }];
  }
  const failed = (said: string, remedy: string): readonly Finding[] => [
    { check: "discovery", subject, outcome: "fail", said, remedy },
  ];
  let heard: Heard;
  try {
    const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    heard = await ask(address, { method: "GET", now: examined.now, by, ...omitUndefined({ timeout }) });
  } catch (error) {
    const remedy = `Is the issuer right, and can this machine reach it?  curl ${issuer}`;
    return failed(`cannot be reached: ${reasonOf(error)}`, remedy);
  }
  const { status, json } = heard;
  if (status !== 200) return failed(`answered ${status} for its metadata`, "Is the issuer right? Its path counts too.");
  if (json["issuer"] !== issuer) {
    const named = String(json["issuer"]).slice(0, 200);
    const said = `calls itself ${named}, and not ${issuer}; they are compared letter for letter`;
    return failed(said, `Set the issuer to ${named}, if that is your provider.`);
  }
  const { token_endpoint: token, authorization_endpoint: page } = json;
  if (!mayBeAsked(token)) return failed("names no token endpoint that may be asked", "It has to be https, or on this machine.");
  const found: Finding = { check: "discovery", subject, outcome: "ok", said: "found" };
  const redirects = mayBeAsked(page) ? examined.origins.map((origin) => examineRedirect(client, page, origin, examined)) : [];
  const rest = await Promise.all([examineClient(client, token, examined), ...redirects]);
  return [found, ...examineClock(client, heard), ...rest];
}

/** The secret goes nowhere but over https, or within this machine. */
function mayBeAsked(endpoint: unknown): endpoint is string {
  const url = typeof endpoint === "string" ? URL.parse(endpoint) : null;
  return url?.protocol === "https:" || (url?.protocol === "http:" && isLoopbackHost(url.hostname));
}

/** By the date that its answer has. */
function examineClock(
  { name: subject, clockTolerance = 30_000 }: ExaminedClient,
  { headers, at, slack }: Heard,
): readonly Finding[] {
  const theirs = Date.parse(headers.get("date") ?? "");
  if (!Number.isFinite(theirs)) return [];
  const apart = at - theirs;
  const seconds = Math.round(Math.abs(apart) / 1_000);
  // The provider may have looked at its clock at any moment of the request.
  const sure = Math.abs(apart) - slack;
  if (sure < NOTABLE) return [{ check: "clock", subject, outcome: "ok", said: "as the provider's" }];
  const said = `this machine is ${seconds} s ${apart > 0 ? "ahead of" : "behind"} the provider`;
  const remedy = "Set it by the network:  timedatectl set-ntp true";
  return [{ check: "clock", subject, outcome: sure > clockTolerance ? "fail" : "warn", said, remedy }];
}

/** Redeems an invented code. A provider that checks the client first says whether it is known; others tell nothing. */
async function examineClient(client: ExaminedClient, endpoint: string, examined: Examined): Promise<Finding> {
  const {
    name: subject,
    clientId,
    clientSecret,
    clientAuthentication = "client_secret_basic",
    timeout = 10_000,
    fetch: by,
  } = client;
  const tell = (outcome: Finding["outcome"], said: string, remedy?: string): Finding => ({
    check: "client",
    subject,
    outcome,
    said,
    ...omitUndefined({ remedy }),
  });
  if (clientAuthentication === "private_key_jwt") return tell("unknown", "shows a key and no secret, which a login tries first");
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    code: "none",
    redirect_uri: redirectOf(examined.origins[0] ?? "", client, examined),
    code_verifier: "x".repeat(43),
  });
  const secret = clientSecret === undefined ? undefined : secretNow(clientSecret);
  const headers: Record<string, string> = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  if (secret !== undefined && clientAuthentication === "client_secret_basic") {
    const [id, shown] = [clientId, secret].map((part) => new URLSearchParams({ a: part }).toString().slice(2));
    headers["authorization"] = `Basic ${Buffer.from(`${id}:${shown}`).toString("base64")}`;
  } else {
    form.set("client_id", clientId);
    if (secret !== undefined) form.set("client_secret", secret);
  }
  try {
    const { status, json } = await ask(endpoint, { method: "POST", headers, body: form.toString(), timeout, by });
    const code = typeof json["error"] === "string" && /^[a-z_]{1,40}$/.test(json["error"]) ? json["error"] : "no error code";
    if (code === "invalid_grant") return tell("ok", "accepted: the provider refused only the made-up code");
    if (code === "invalid_client" || code === "unauthorized_client" || status === 401) {
      const where = "look at clientId, clientSecret and clientAuthentication";
      return tell(
        "fail",
        `refused (${status}, ${code}): ${where}`,
        "Copy the secret from the provider's page of this client again.",
      );
    }
    return tell("unknown", `cannot be told: the provider answered ${status}, ${code}`);
  } catch (error) {
    return tell("fail", `cannot be tried: ${reasonOf(error)}`, `Can this machine reach it?  curl ${endpoint}`);
  }
}

/** The address that the provider sends browsers back to. */
export const redirectOf = (origin: string, { type, name }: ExaminedClient, { prefix }: Examined): string =>
  `${origin}${prefix}/callback${type === "oauth2" ? `/${name}` : ""}`;

/**
 * Begins a login that may show no page. A provider that knows the address sends the browser back to it with an error;
 * to one that it does not know it must not (RFC 6749 s4.1.2.1).
 */
async function examineRedirect(client: ExaminedClient, page: string, origin: string, examined: Examined): Promise<Finding> {
  const { name: subject, clientId, timeout = 10_000, fetch: by } = client;
  const address = redirectOf(origin, client, examined);
  const url = new URL(page);
  const parameters = { client_id: clientId, redirect_uri: address, response_type: "code", scope: "openid", prompt: "none" };
  const proof = { state: "x".repeat(43), nonce: "x".repeat(43), code_challenge: "x".repeat(43), code_challenge_method: "S256" };
  for (const [name, value] of Object.entries({ ...parameters, ...proof })) url.searchParams.set(name, value);
  const told = { check: "redirect", subject } as const;
  try {
    const { status, headers } = await ask(url.href, { method: "GET", timeout, by });
    const location = headers.get("location") ?? "";
    if (location.startsWith(address)) return { ...told, outcome: "ok", said: `${address} is registered` };
    const remedy = `Register this redirect address at the provider, letter for letter:  ${address}`;
    if (status >= 400 && status < 500)
      return { ...told, outcome: "fail", said: `the provider refuses ${address} (${status})`, remedy };
    return {
      ...told,
      outcome: "unknown",
      said: `cannot be told: the provider answered ${status} to a login for ${address}`,
      remedy,
    };
  } catch (error) {
    return { ...told, outcome: "unknown", said: `cannot be told: ${reasonOf(error)}` };
  }
}
