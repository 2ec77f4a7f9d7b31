/** The authenticating proxies that stand before the app: oauth2-proxy, its stand-in, or our gateway. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../demo/ports.ts";
import type { Ground } from "./ground.ts";
import { guideFile } from "./guide.ts";
import { run } from "./processes.ts";
import { standIn } from "./stand-in.ts";

/** An authenticating proxy beside a web server, and how it is used. */
export interface SignOn {
  readonly name: "oauth2-proxy" | "the stand-in" | "the gateway";
  /** The path that the provider leads back to. */
  readonly callback: string;
  /** Its own cookie. */
  readonly cookie: string;
  /** Where its sign-out is. */
  signOutUrl(ground: Pick<Ground, "origin" | "issuer">): string;
  /** A path that signs a user in, without the app. */
  readonly loginPath: string;
  /** A path that shows who is signed in. */
  readonly whoPath: string;
  start(ground: Ground): Promise<AsyncDisposable>;
}

const CONFIGURATION = "behind-a-proxy/oauth2-proxy.cfg";

const configuration = ({ origin, issuer, signOnPort }: Ground): string =>
  guideFile(CONFIGURATION, {
    "127.0.0.1:4180": `127.0.0.1:${signOnPort}`,
    '["127.0.0.1"]': '["127.0.0.0/8"]',
    "https://id.example.com": issuer,
    '["id.example.com"]': `["${new URL(issuer).host}"]`,
    "https://app.example.com": origin,
  });

const PROXY = {
  callback: "/oauth2/callback",
  cookie: "__Host-oauth2_proxy",
  loginPath: "/oauth2/start?rd=%2Foauth2%2Fuserinfo",
  whoPath: "/oauth2/userinfo",
  /** Out of oauth2-proxy, then out of the provider, then back. */
  signOutUrl({ origin, issuer }: Pick<Ground, "origin" | "issuer">): string {
    const provider = new URL(`${issuer}/session/end`);
    provider.searchParams.set("client_id", "app");
    provider.searchParams.set("post_logout_redirect_uri", `${origin}/`);
    const proxy = new URL(`${origin}/oauth2/sign_out`);
    proxy.searchParams.set("rd", provider.href);
    return proxy.href;
  },
};

/** oauth2-proxy itself. */
export const oauth2Proxy = (command: string): SignOn => ({
  ...PROXY,
  name: "oauth2-proxy",
  async start(ground) {
    const file = join(ground.folder, "oauth2-proxy.cfg");
    writeFileSync(file, configuration(ground));
    const env = {
      OAUTH2_PROXY_CLIENT_SECRET: ground.clientSecret,
      OAUTH2_PROXY_COOKIE_SECRET: randomBytes(32).toString("base64url"),
    };
    return run({ command, args: [`--config=${file}`], env, cwd: ground.folder }, ground.signOnPort);
  },
});

/** What stands in for it, by the same configuration. */
export const STAND_IN: SignOn = {
  ...PROXY,
  name: "the stand-in",
  start: (ground) => standIn(configuration(ground), ground.clientSecret),
};

const GATEWAY = join(import.meta.dirname, "../../../gateway/src/main.ts");

/** The gateway, which answers the web server's questions and proxies nothing. */
export const THE_GATEWAY: SignOn = {
  name: "the gateway",
  callback: "/auth/callback",
  cookie: "__Host-Http-coatcheck",
  loginPath: "/auth/login?return_to=%2Fauth%2Fsession",
  whoPath: "/auth/session",
  signOutUrl: ({ origin }) => `${origin}/auth/logout`,
  async start({ folder, origin, issuer, clientSecret, signOnPort }) {
    const adminPort = await freePort(0, [signOnPort]);
    const file = join(folder, "coatcheck.config.json");
    const settings = {
      publicUrl: origin,
      listen: `127.0.0.1:${signOnPort}`,
      admin: { listen: `127.0.0.1:${adminPort}` },
      store: "sqlite:sessions.db",
      trustedProxies: ["127.0.0.0/8"],
      providers: [{ issuer, clientId: "app" }],
    };
    writeFileSync(file, JSON.stringify(settings));
    const args = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning", GATEWAY, "serve", "--config", file];
    const env = { COATCHECK_SECRET: randomBytes(32).toString("base64url"), COATCHECK_CLIENT_SECRET: clientSecret };
    const running = await run({ command: process.execPath, args, env, cwd: folder }, signOnPort);
    const deadline = AbortSignal.timeout(60_000);
    while (!(await isReady(adminPort))) {
      if (deadline.aborted) throw new Error(`the gateway does not become ready: ${running.said()}`);
      await sleep(25);
    }
    return running;
  },
};

async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
