import { spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../../../tools/suite/free-port.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { listened } from "../talk.ts";

/**
 * nginx as a distribution ships it, with one `proxy_pass` to a gateway: it speaks HTTP/1.0 to it, without keep-alive.
 */
export interface StockNginx extends AsyncDisposable {
  readonly port: number;
}

/** Starts one. `more` are lines for its `location /`. */
export async function startStockNginx(command: string, gatewayPort: number, more = ""): Promise<StockNginx> {
  const owned = temporaryFolder("nginx");
  const { path: folder } = owned;
  const port = await freePort();
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`);
  const configuration = owned.write(
    "nginx.conf",
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr error;
events { worker_connections 256; }
http {
  access_log off; ${paths.join(" ")}
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${gatewayPort}; proxy_http_version 1.0; proxy_set_header Host $host; ${more} }
  }
}`,
  );
  const child = spawn(command, ["-p", folder, "-c", configuration, "-e", "stderr"], { stdio: "ignore" });
  const gone = once(child, "exit");
  const dispose = async (): Promise<void> => {
    if (child.exitCode === null) child.kill("SIGKILL");
    await gone;
    owned[Symbol.dispose]();
  };
  await listened(port).catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return { port, [Symbol.asyncDispose]: dispose };
}
