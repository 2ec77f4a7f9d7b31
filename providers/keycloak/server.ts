/** One Keycloak for all columns that need it: a real process over a database of its own. */
import { copyFileSync } from "node:fs";
import { freePorts } from "../../tools/suite/free-port.ts";
import { type TemporaryFolder, temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { answers, Child } from "../child.ts";
import { type Installation, installKeycloak, JAVA } from "./install.ts";

const LONGEST_START = 240_000;

export class KeycloakServer {
  readonly port: number;
  readonly #managementPort: number;
  readonly #installation: Installation;
  readonly #folder: TemporaryFolder;
  #child: Child | null = null;

  private constructor(installation: Installation, folder: TemporaryFolder, [port = 0, managementPort = 0]: readonly number[]) {
    this.#installation = installation;
    this.#folder = folder;
    this.port = port;
    this.#managementPort = managementPort;
    copyFileSync(installation.database, folder.file("keycloakdb.mv.db"));
  }

  static async open(stack: AsyncDisposableStack): Promise<KeycloakServer> {
    const installation = await installKeycloak();
    const folder = stack.use(temporaryFolder("keycloak"));
    const server = new KeycloakServer(installation, folder, await freePorts(2));
    stack.defer(() => server.stop());
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const child = new Child({
      command: this.#installation.script,
      args: [
        "start",
        "--optimized",
        "--http-enabled=true",
        "--http-host=127.0.0.1",
        `--http-port=${this.port}`,
        `--http-management-port=${this.#managementPort}`,
        // Its address is the recorder's, of which there is one for each column.
        "--hostname-strict=false",
        `--db-url=jdbc:h2:file:${this.#folder.file("keycloakdb")};NON_KEYWORDS=VALUE`,
        "--log-level=WARN",
      ],
      cwd: this.#folder.path,
      env: JAVA,
      group: true,
    });
    this.#child = child;
    await child.until(() => answers(`http://127.0.0.1:${this.port}/realms/master`), LONGEST_START);
  }

  async stop(): Promise<void> {
    await this.#child?.end();
    this.#child = null;
  }
}
