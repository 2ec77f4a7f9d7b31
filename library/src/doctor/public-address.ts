/** Visits the public address as a browser from outside does: who answers, with which cookies, and what is believed. */
import { isLoopbackHost } from "../cookie/names.ts";
import { ask, reasonOf } from "./ask.ts";
import type { Examined, ExaminedClient, Finding } from "./finding.ts";
import { redirectOf } from "./provider.ts";

/** Headers by which proxies say who the user is; a stranger's must be believed nowhere. */
const CLAIMS: readonly string[] = [
  "x-auth-request-user",
  "x-auth-request-email",
  "x-forwarded-user",
  "x-forwarded-email",
  "x-remote-user",
  "remote-user",
  "remote-email",
  "x-authentik-username",
  "tailscale-user-login",
];
const STRANGER = "coatcheck-doctor";

/** All that an origin tells. */
export async function examineOrigin(origin: string, examined: Examined): Promise<readonly Finding[]> {
  const subject = examined.origins.length === 1 ? "" : origin;
  const [client] = examined.clients;
  const answers = await Promise.all([
    client === undefined ? [] : examineLogin(origin, subject, client, examined),
    examineClaims(origin, subject, examined),
  ]);
  const [login, claims] = answers;
  // One sentence is enough for an address at which nobody answers.
  return [...login, ...claims.filter(({ check }) => check === "proxy" || login.length === 0)];
}

const NAVIGATION = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none" };

/** Begins a login, and goes no further. */
async function examineLogin(
  origin: string,
  subject: string,
  client: ExaminedClient,
  examined: Examined,
): Promise<readonly Finding[]> {
  const { prefix } = examined;
  const address = `${origin}${prefix}/login`;
  const path = `${address}?provider=${encodeURIComponent(client.name)}`;
  try {
    const { status, headers } = await ask(path, { method: "GET", headers: NAVIGATION, timeout: 5_000 });
    const location = URL.parse(headers.get("location") ?? "");
    const named = location?.searchParams.get("redirect_uri");
    if (status !== 302 || location === null || named === null || named === undefined) {
      const said = `${address} answers ${status}, and begins no login`;
      const remedy = `Is it this app that answers there? Whatever stands in front has to pass ${prefix}/ on to it.`;
      return [{ check: "address", subject, outcome: status === 503 ? "unknown" : "fail", said, remedy }];
    }
    if (named !== redirectOf(origin, client, examined)) {
      const said = `a login at ${origin} would come back to ${named}`;
      const remedy = `The app that answers there has another publicUrl, or a proxy changes Host. Here it is ${origin}.`;
      return [{ check: "address", subject, outcome: "fail", said, remedy }];
    }
    return [
      { check: "address", subject, outcome: "ok", said: `${origin} answers, and begins a login` },
      examineCookies(origin, subject, headers.getSetCookie()),
    ];
  } catch (error) {
    return [notAnswering(origin, subject, error)];
  }
}

function notAnswering(origin: string, subject: string, error: unknown): Finding {
  const said = `${origin} does not answer: ${reasonOf(error)}`;
  return {
    check: "address",
    subject,
    outcome: "unknown",
    said,
    remedy: "Start the app, and ask again: cookies and proxy were not tried.",
  };
}

/** The cookie of a login is named and scoped as the session's, so it shows what becomes of both on their way. */
function examineCookies(origin: string, subject: string, lines: readonly string[]): Finding {
  const line = lines.find((one) => /^[^=]*\.login\.[\w-]{11}=/.test(one));
  const told = { check: "cookie", subject } as const;
  if (line === undefined) {
    const remedy = "Something in front takes Set-Cookie out of answers, or caches them; it must do neither.";
    return { ...told, outcome: "fail", said: "the cookie of a login does not arrive", remedy };
  }
  const secure = origin.startsWith("https:");
  const attributes = line.split(";").map((part) => part.trim().toLowerCase());
  const wrong = [
    attributes.includes("secure") === secure
      ? undefined
      : `it has ${secure ? "no Secure" : "Secure"}, on ${new URL(origin).protocol}`,
    line.startsWith("__Host-Http-") === secure ? undefined : `it is called ${line.slice(0, line.indexOf("."))}`,
    attributes.includes("path=/") ? undefined : "its path is not /",
    attributes.some((part) => part.startsWith("domain=")) ? "it has a Domain" : undefined,
  ].filter((one) => one !== undefined);
  if (wrong.length === 0)
    return { ...told, outcome: "ok", said: secure ? "Secure, and for this host alone" : "for this host alone" };
  const remedy =
    "Browsers would drop it, or send it elsewhere. Is publicUrl what the address bar shows? Does a proxy rewrite cookies?";
  return { ...told, outcome: "fail", said: `the cookie of a login is not as it was set: ${wrong.join(", ")}`, remedy };
}

/** Says in every way that proxies have that it is somebody. Nobody may believe it. */
async function examineClaims(origin: string, subject: string, { prefix }: Examined): Promise<readonly Finding[]> {
  const claims = Object.fromEntries(CLAIMS.map((name) => [name, STRANGER]));
  const told = { check: "proxy", subject } as const;
  try {
    const headers = { accept: "application/json", ...claims };
    const { status, text, headers: said } = await ask(`${origin}${prefix}/session`, { method: "GET", headers, timeout: 5_000 });
    if (status === 200 && text.includes(STRANGER)) {
      const remedy = "The proxy has to take these headers out of what clients send, and no one else may reach the app past it.";
      const outcome = isLoopbackHost(new URL(origin).hostname) ? "warn" : "fail";
      return [{ ...told, outcome, said: "a stranger is believed who says in a header who they are", remedy }];
    }
    if (!(said.get("cache-control") ?? "").includes("no-store")) {
      const remedy = `Whatever stands in front may neither cache what is below ${prefix}/ nor change its headers.`;
      return [
        {
          ...told,
          outcome: "warn",
          said: `${origin}${prefix}/session answers ${status} without Cache-Control: no-store`,
          remedy,
        },
      ];
    }
    return [{ ...told, outcome: "ok", said: "a stranger's headers about who they are are not believed" }];
  } catch (error) {
    return [notAnswering(origin, subject, error)];
  }
}
