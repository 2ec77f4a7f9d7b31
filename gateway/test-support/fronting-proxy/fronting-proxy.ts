import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { certificateOf } from "../../../tools/suite/certificate.ts";
import { freePort } from "../../../tools/suite/free-port.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import type { FullGateway } from "../full-gateway.ts";
import { PUBLIC } from "../harness.ts";
import type { Answered, Asking } from "../talk.ts";
import { ask, exchangeTls, listened } from "../talk.ts";

const GUIDES = join(import.meta.dirname, "..", "..", "..", "docs", "guides");

/** A real proxy in front of a gateway, with the configuration that its guide shows. */
export interface FrontingProxy extends AsyncDisposable {
  readonly port: number;
  /** Who vouches for it. */
  readonly ca: string;
  ask(path: string, asking?: Asking): Promise<Answered>;
  /** Sends bytes as they are and answers what comes back until the connection closes. */
  raw(bytes: string): Promise<string>;
}

export interface FrontingProxyOptions {
  /** The file of the guide. */
  readonly guide: "nginx.conf" | "Caddyfile";
  /** Changes what has to be another in a test; every text given here must be in the file. */
  readonly values: (port: number, folder: string) => { readonly [text: string]: string };
  /** Starts the proxy: the arguments of its command, and files beside the guide's that it wants. */
  readonly start: (folder: string) => { readonly args: readonly string[]; readonly files?: { readonly [name: string]: string } };
}

/** Starts the proxy's own program with the guide's file, its addresses alone replaced. */
export async function startFrontingProxy(command: string, options: FrontingProxyOptions): Promise<FrontingProxy> {
  const owned = temporaryFolder("fronting-proxy");
  const { path: folder } = owned;
  const port = await freePort();
  const { key, cert } = certificateOf(PUBLIC);
  owned.write("cert.pem", cert);
  owned.write("cert.key", key);
  owned.write(options.guide, await configured(options, port, folder));
  const { args, files = {} } = options.start(folder);
  for (const [name, text] of Object.entries(files)) owned.write(name, text);
  const child = spawn(command, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const failed = once(child, "exit").then(() => Promise.reject(new Error(`${command} stopped: ${said}`)));
  failed.catch(() => {});
  const dispose = async (): Promise<void> => {
    await stop(child);
    owned[Symbol.dispose]();
  };
  await Promise.race([listened(port), failed]).catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return {
    port,
    ca: cert,
    ask: (path, asking) => ask(port, path, asking, cert),
    raw: (bytes) => exchangeTls(port, bytes, cert),
    [Symbol.asyncDispose]: dispose,
  };
}

async function configured({ guide, values }: FrontingProxyOptions, port: number, folder: string): Promise<string> {
  let text = await readFile(join(GUIDES, guide), "utf8");
  for (const [given, used] of Object.entries(values(port, folder))) {
    if (!text.includes(given)) throw new Error(`${guide} has no ${given}`);
    text = text.replaceAll(given, used);
  }
  return text;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await gone;
  clearTimeout(late);
}

/** nginx with docs/guides/nginx.conf. */
export function startNginx(
  command: string,
  { port: gateway, appPort }: Pick<FullGateway, "port" | "appPort">,
): Promise<FrontingProxy> {
  return startFrontingProxy(command, {
    guide: "nginx.conf",
    values: (port, folder) => ({
      "listen 443 ssl": `listen 127.0.0.1:${port} ssl`,
      "127.0.0.1:4180": `127.0.0.1:${gateway}`,
      "127.0.0.1:3000": `127.0.0.1:${appPort}`,
      "/etc/ssl/app.example.com.pem": join(folder, "cert.pem"),
      "/etc/ssl/app.example.com.key": join(folder, "cert.key"),
    }),
    start: (folder) => ({
      args: ["-p", folder, "-c", join(folder, "main.conf"), "-e", "stderr"],
      files: { "main.conf": mainConf(folder) },
    }),
  });
}

/** What a distribution's nginx.conf does around the files that it includes. */
const mainConf = (folder: string): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  include ${folder}/nginx.conf;
}
`;

/** Caddy with docs/guides/Caddyfile. */
export function startCaddy(
  command: string,
  { port: gateway, appPort }: Pick<FullGateway, "port" | "appPort">,
): Promise<FrontingProxy> {
  return startFrontingProxy(command, {
    guide: "Caddyfile",
    values: (port, folder) => ({
      "\napp.example.com {": `\n{\n\tadmin off\n\tauto_https disable_redirects\n\tlog {\n\t\tlevel ERROR\n\t}\n}\n\napp.example.com:${port} {`,
      "127.0.0.1:4180": `127.0.0.1:${gateway}`,
      "127.0.0.1:3000": `127.0.0.1:${appPort}`,
      "/etc/ssl/app.example.com.pem": join(folder, "cert.pem"),
      "/etc/ssl/app.example.com.key": join(folder, "cert.key"),
    }),
    start: (folder) => ({ args: ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"] }),
  });
}
