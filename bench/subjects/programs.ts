/** What operators use today, as they would configure it for the provider and the app of a benchmark. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { freePort } from "../../tools/suite/free-port.ts";
import type { Stage } from "../harness/stage.ts";
import { Program } from "./native.ts";

const OAUTH2_PROXY = fileURLToPath(new URL("../../node_modules/.cache/coatcheck/oauth2-proxy", import.meta.url));
const BUILD = fileURLToPath(new URL("../../tools/build/oauth2-proxy.ts", import.meta.url));
const APACHE_MODULES = "/usr/lib/apache2/modules";
const SYSTEM = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/** A program that says nothing by then does not start, in milliseconds. */
const LONGEST_START = 60_000;
/** What only the start of a program needed has been given back by then, in milliseconds. */
export const CALM = 4_000;
const SERVER =
  'require("node:http").createServer((_, answer) => answer.writeHead(204).end()).listen(+process.argv[1], "127.0.0.1")';

/** A program that listens, and how long it took from its start to its first answer. */
export interface Started {
  readonly name: string;
  readonly port: number;
  readonly helper: Program;
  readonly startMillis: number;
}

export interface World {
  readonly issuer: string;
  readonly upstream: string;
}

/** Where a command is, or `undefined` where it is not installed. */
export function installed(command: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(":"), ...SYSTEM];
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path));
}

/** Whether oauth2-proxy is there; builds it where it is not, and that is wanted. */
export function haveOauth2Proxy(build: boolean): boolean {
  if (existsSync(OAUTH2_PROXY)) return true;
  return build && spawnSync(process.execPath, [BUILD], { stdio: ["ignore", 2, 2] }).status === 0;
}

export const haveApache = (): boolean =>
  installed("apache2") !== undefined && existsSync(join(APACHE_MODULES, "mod_auth_openidc.so"));

/** Waits for the first answer of whatever status, and says how long it took. */
export async function firstAnswer(program: Program, port: number, started: number, path = "/"): Promise<number> {
  while (performance.now() - started < LONGEST_START) {
    try {
      const answer = await request(`http://127.0.0.1:${port}${path}`, { headers: { host: `127.0.0.1:${port}` } });
      await answer.body.dump();
      return performance.now() - started;
    } catch {
      if (program.ended) break;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  throw new Error(`${program.name} does not answer\n${program.said}`);
}

/** Waits until connections are accepted there. */
async function accepting(program: Program, port: number): Promise<void> {
  const since = performance.now();
  while (performance.now() - since < LONGEST_START) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return;
    } catch {
      if (program.ended) break;
      await new Promise((resolve) => setTimeout(resolve, 2));
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`${program.name} does not listen\n${program.said}`);
}

async function started(stage: Stage, program: Program, port: number, since: number, path?: string): Promise<Started> {
  stage.adopt(program);
  return { name: program.name, port, helper: program, startMillis: await firstAnswer(program, port, since, path) };
}

/** The least that Node does for a request: 204 to every request. */
export async function startBareServer(stage: Stage, name: string): Promise<Started> {
  const port = await freePort();
  const { NODE_OPTIONS: _, ...env } = process.env;
  const since = performance.now();
  return started(stage, new Program(name, process.execPath, ["--eval", SERVER, String(port)], { env }), port, since);
}

/** A Redis that keeps nothing on disk. */
export async function startRedis(stage: Stage): Promise<{ readonly program: Program; readonly port: number }> {
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const program = new Program("Redis", installed("redis-server") ?? "redis-server", args, { cwd: stage.directory });
  stage.adopt(program);
  // A program that keeps its sessions there gives up if Redis does not listen yet.
  await accepting(program, port);
  return { program, port };
}

/** oauth2-proxy with its sessions in its cookie, or in Redis. */
export async function startOauth2Proxy(
  stage: Stage,
  name: string,
  { issuer, upstream }: World,
  redis?: { readonly program: Program; readonly port: number },
): Promise<Started> {
  const port = await freePort();
  const since = performance.now();
  const args = [
    `--http-address=127.0.0.1:${port}`,
    `--upstream=${upstream}`,
    "--provider=oidc",
    `--oidc-issuer-url=${issuer}`,
    `--redirect-url=http://127.0.0.1:${port}/oauth2/callback`,
    "--client-id=bench",
    "--client-secret=bench-secret",
    `--cookie-secret=${randomBytes(16).toString("hex")}`,
    "--cookie-secure=false",
    "--cookie-expire=168h",
    "--email-domain=*",
    "--skip-provider-button=true",
    "--set-xauthrequest=true",
    "--pass-user-headers=true",
    "--code-challenge-method=S256",
    "--request-logging=false",
    "--auth-logging=false",
    "--standard-logging=false",
    ...(redis === undefined ? [] : ["--session-store-type=redis", `--redis-connection-url=redis://127.0.0.1:${redis.port}`]),
  ];
  const beside = redis === undefined ? [] : [redis.program];
  return started(stage, new Program(name, OAUTH2_PROXY, args, { beside }), port, since, "/ping");
}

/** nginx that asks for each request: the gateway, or oauth2-proxy. */
export async function startNginx(
  stage: Stage,
  name: string,
  { upstream }: World,
  behind: { readonly program: Program; readonly port: number; readonly ask: string; readonly lines: readonly string[] },
): Promise<Started> {
  const port = await freePort();
  const folder = join(stage.directory, `nginx-${port}`);
  await mkdir(folder);
  const config = `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr error; events { worker_connections 1024; }
http {
  access_log off; proxy_max_temp_file_size 0; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  keepalive_requests 1000000000;
  upstream app { server ${new URL(upstream).host}; keepalive 64; keepalive_requests 1000000000; }
  upstream asked { server 127.0.0.1:${behind.port}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location = /_ask {
      internal; proxy_pass http://asked${behind.ask}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass_request_body off;
      proxy_set_header Content-Length ""; ${behind.lines.map((line) => `proxy_set_header ${line};`).join(" ")}
    }
    location / {
      auth_request /_ask; auth_request_set $user $upstream_http_x_auth_request_user;
      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Auth-Request-User $user;
    }
  }
}`;
  await writeFile(join(folder, "nginx.conf"), config);
  const since = performance.now();
  const args = ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")];
  const program = new Program(name, installed("nginx") ?? "nginx", args, { beside: [behind.program] });
  return started(stage, program, port, since);
}

/** Apache with mod_auth_openidc. */
export async function startApache(stage: Stage, name: string, { issuer, upstream }: World): Promise<Started> {
  const port = await freePort();
  const folder = join(stage.directory, `apache-${port}`);
  await mkdir(folder);
  const modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "proxy", "proxy_http"];
  const loaded = modules.map((module) => `LoadModule ${module}_module ${APACHE_MODULES}/mod_${module}.so`);
  const config = `ServerRoot ${folder}
ServerName 127.0.0.1
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
DefaultRuntimeDir ${folder}
Mutex posixsem
Listen 127.0.0.1:${port}
${loaded.join("\n")}
User #${process.getuid?.() === 0 ? 65_534 : process.getuid?.()}
Group #${process.getgid?.() === 0 ? 65_534 : process.getgid?.()}
MaxKeepAliveRequests 0
KeepAliveTimeout 75
ThreadsPerChild 64
MaxRequestWorkers 256
MaxSpareThreads 256
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID bench
OIDCClientSecret bench-secret
OIDCRedirectURI http://127.0.0.1:${port}/callback
OIDCCryptoPassphrase ${randomBytes(24).toString("hex")}
OIDCRemoteUserClaim sub
OIDCSessionInactivityTimeout 86400
<Location />
  AuthType openid-connect
  Require valid-user
  ProxyPass ${upstream}/ keepalive=On
</Location>
<Location /callback>
  ProxyPass !
</Location>`;
  await writeFile(join(folder, "apache.conf"), config);
  const since = performance.now();
  const command = installed("apache2") ?? "apache2";
  return started(stage, new Program(name, command, ["-f", join(folder, "apache.conf"), "-DFOREGROUND"]), port, since);
}
