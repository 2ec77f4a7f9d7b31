/** nginx and Caddy as the guide configures them, in front of the app. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificateOf } from "../../../tools/suite/certificate.ts";
import { type Door, type Ground, HOST } from "./ground.ts";
import { guideFile } from "./guide.ts";
import { type Running, run } from "./processes.ts";

/** Where nginx connects from, so that a test can come from elsewhere. */
const NGINX = "127.0.0.2";

/** A web server with a guide's configuration. */
export interface Front {
  readonly name: "nginx" | "Caddy";
  /** The file of the guide. */
  readonly guide: string;
  /** The addresses that the app trusts. */
  readonly trusted: string;
  /** Where it connects from. */
  readonly from: string;
  /** It shows the app a secret. */
  readonly secret: boolean;
  start(ground: Ground, door: Door): Promise<Running>;
}

const certificate = (folder: string) => ({
  "/etc/ssl/app.example.com.pem": join(folder, "cert.pem"),
  "/etc/ssl/app.example.com.key": join(folder, "cert.key"),
});

function writeCertificate(folder: string): void {
  const { key, cert } = certificateOf(HOST);
  writeFileSync(join(folder, "cert.pem"), cert);
  writeFileSync(join(folder, "cert.key"), key);
}

/** nginx reaches the app by TCP, from an address of its own. */
export const nginx = (command: string, guide: "behind-a-proxy/nginx.conf" | "nginx.conf"): Front => ({
  name: "nginx",
  guide,
  trusted: NGINX,
  from: NGINX,
  secret: guide !== "nginx.conf",
  start({ folder, port, signOnPort }, door) {
    writeCertificate(folder);
    const text = guideFile(guide, {
      ...certificate(folder),
      "listen 443 ssl": `listen 127.0.0.1:${port} ssl`,
      "127.0.0.1:4180": `127.0.0.1:${signOnPort}`,
      "127.0.0.1:3000": `127.0.0.1:${door.port}`,
      ...(guide === "nginx.conf" ? {} : { "32-random-bytes-as-base64url": door.secret }),
    });
    writeFileSync(join(folder, "app.conf"), text);
    writeFileSync(join(folder, "main.conf"), mainConf(folder));
    return run({ command, args: ["-p", folder, "-c", join(folder, "main.conf"), "-e", "stderr"], cwd: folder }, port);
  },
});

/** What a distribution's nginx.conf does around the files that it includes. */
const mainConf = (folder: string): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 256; }
http {
  access_log off;
  proxy_bind ${NGINX};
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  include ${folder}/app.conf;
}
`;

/** Caddy reaches the app by a unix socket. */
export const caddy = (command: string, guide: "behind-a-proxy/Caddyfile" | "Caddyfile"): Front => ({
  name: "Caddy",
  guide,
  trusted: "unix",
  from: "socket",
  secret: false,
  start({ folder, port, signOnPort }, door) {
    writeCertificate(folder);
    const app = guide === "Caddyfile" ? "127.0.0.1:3000" : "unix//run/app/app.sock";
    const text = guideFile(guide, {
      ...certificate(folder),
      "\napp.example.com {": `\n{\n\tadmin off\n\tauto_https disable_redirects\n\tlog {\n\t\tlevel ERROR\n\t}\n}\n\napp.example.com:${port} {`,
      "127.0.0.1:4180": `127.0.0.1:${signOnPort}`,
      [app]: `unix/${door.socket}`,
    });
    writeFileSync(join(folder, "Caddyfile"), text);
    const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    const args = ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"];
    return run({ command, args, env, cwd: folder }, port);
  },
});
