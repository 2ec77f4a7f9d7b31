/** The command `coatcheck` in a process of its own, as operators run it. A test file that uses it has its own, too. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { freePort } from "../../tools/suite/free-port.ts";
import { ready } from "./ready.ts";
import type { Answered, Asking } from "./talk.ts";
import { ask } from "./talk.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");
/** What Node is told so that the command runs from its sources. */
export const COMMAND: readonly string[] = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning", MAIN];

export interface Environment {
  readonly [variable: string]: string;
}

/** Settings with which the gateway starts, on any ports and with nothing behind it; its provider is down. */
export const OFFLINE = {
  COATCHECK_SECRET: randomBytes(32).toString("base64url"),
  COATCHECK_PUBLIC_URL: "http://localhost:4180",
  COATCHECK_LISTEN: "127.0.0.1:0",
  COATCHECK_ADMIN_LISTEN: "127.0.0.1:0",
  COATCHECK_STORE: "memory:",
  COATCHECK_ISSUER: "http://127.0.0.1:9",
  COATCHECK_CLIENT_ID: "app",
  COATCHECK_CLIENT_SECRET: "client-canary",
} as const satisfies Environment;

export interface CommandOptions {
  /** Its settings; it sees no others. */
  readonly environment?: Environment;
  /** The folder that it runs in. Default: this one. */
  readonly cwd?: string;
  /** Loaded into its process first. */
  readonly imports?: readonly string[];
  /** The module of the command. Default: the one of this release. */
  readonly main?: string;
}

/** What it wrote, and the status with which it ended; `null`: a signal ended it. */
export interface Ended {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

/** A command that runs. At the end of the block that uses it, it is killed where it still does. */
export class Command implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #closed = Promise.withResolvers<void>();
  #heard = Promise.withResolvers<void>();
  #out = "";
  #err = "";

  constructor(
    args: readonly string[],
    { environment = {}, cwd = process.cwd(), imports = [], main = MAIN }: CommandOptions = {},
  ) {
    const { PATH = "" } = process.env;
    const flags = imports.flatMap((module) => ["--import", module]);
    this.child = spawn(process.execPath, [...flags, ...COMMAND.slice(0, -1), main, ...args], {
      cwd,
      env: { PATH, ...environment },
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#out += text;
      this.#wake();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#err += text;
      this.#wake();
    });
    this.child.once("close", () => this.#closed.resolve());
  }

  #wake(): void {
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Its output so far, which is its log. */
  get out(): string {
    return this.#out;
  }

  /** What it said to a person so far. */
  get err(): string {
    return this.#err;
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Resolves as soon as it has written what makes this true. Rejects with all that it wrote where it ends before. */
  async when(isSo: () => boolean): Promise<void> {
    const over = this.#closed.promise.then(() => true);
    while (!isSo()) {
      if (await Promise.race([over, this.#heard.promise])) throw new Error(`${this.#out}${this.#err}`);
    }
  }

  /** Resolves as soon as this is in its output, or in what it said to a person. */
  until(what: RegExp): Promise<void> {
    return this.when(() => what.test(this.#out) || what.test(this.#err));
  }

  /** Where it listens, as soon as it has said so. */
  async introduced(): Promise<{ readonly port: number; readonly admin: number }> {
    const addresses = /listening\s+http:\/\/[^:]+:(\d+)[\s\S]*?admin\s+http:\/\/[^:]+:(\d+)/;
    await this.until(addresses);
    const [, port, admin] = addresses.exec(this.#err) ?? [];
    return { port: Number(port), admin: Number(admin) };
  }

  /** Waits until it has ended. */
  async ended(): Promise<Ended> {
    await this.#closed.promise;
    return { out: this.#out, err: this.#err, code: this.child.exitCode };
  }

  /** Sends a signal where it still runs, and waits until it has ended. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    if (!this.isOver) this.child.kill(signal);
    return this.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}

/** Runs it to its end. */
export const runCommand = (args: readonly string[], options?: CommandOptions): Promise<Ended> =>
  new Command(args, options).ended();

/** `coatcheck serve` on ports that are known before it listens, so that another can follow on them. */
export class ServedGateway extends Command {
  readonly port: number;
  readonly adminPort: number;
  readonly #token: string | undefined;

  private constructor(port: number, adminPort: number, options: CommandOptions) {
    const listens = { COATCHECK_LISTEN: `127.0.0.1:${port}`, COATCHECK_ADMIN_LISTEN: `127.0.0.1:${adminPort}` };
    super(["serve"], { ...options, environment: { ...OFFLINE, ...options.environment, ...listens } });
    this.port = port;
    this.adminPort = adminPort;
    this.#token = options.environment?.["COATCHECK_ADMIN_TOKEN"];
  }

  /** Starts one. On the ports of `before`, if that is given, which has to be over. */
  static async start(options: CommandOptions, before?: ServedGateway): Promise<ServedGateway> {
    const [port, adminPort] = [before?.port ?? (await freePort()), before?.adminPort ?? (await freePort())];
    return new ServedGateway(port, adminPort, options);
  }

  /** Lines of its log. */
  get lines(): readonly { readonly event: string; readonly level: string }[] {
    return this.out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  /** Asks its admin listener; status 0 while it does not listen. */
  async admin(path: string, asking: Asking = {}): Promise<Answered> {
    const authorization = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    try {
      return await ask(this.adminPort, path, { ...asking, headers: { host: "localhost", ...authorization } });
    } catch {
      return { status: 0, headers: {}, setCookies: [], text: "{}" };
    }
  }

  /** Waits until it is ready. Rejects with what it wrote where it ends before. */
  async ready(): Promise<this> {
    const failed = this.ended().then(({ out, err }) => Promise.reject(new Error(`${out}${err}`)));
    failed.catch(() => {});
    await Promise.race([ready(this), failed]);
    return this;
  }
}
