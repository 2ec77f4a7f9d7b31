/** One provider, the recorder before it, an app behind two gateways, and a second app behind a third. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../tools/suite/free-port.ts";
import { temporaryFolder } from "../tools/suite/temporary-folder.ts";
import { openApp, type Told, toldBy } from "./app.ts";
import { Browser, described, type Page } from "./browser/browser.ts";
import { loginForm } from "./browser/forms.ts";
import { type Fleet, openFleet } from "./gateway.ts";
import type { Provider, Running } from "./provider.ts";
import { Recorder } from "./recorder.ts";

const USERS = 60;
/** Seconds that an access token lives. */
export const LIFETIME = 6;
const PASSWORD = "Correct-horse-7";

export class Stage {
  readonly provider: Provider;
  readonly running: Running;
  readonly recorder: Recorder;
  readonly main: Fleet;
  readonly other: Fleet;
  readonly #users: string[];

  private constructor(parts: Pick<Stage, "provider" | "running" | "recorder" | "main" | "other">, users: readonly string[]) {
    this.provider = parts.provider;
    this.running = parts.running;
    this.recorder = parts.recorder;
    this.main = parts.main;
    this.other = parts.other;
    this.#users = [...users];
  }

  static async open(provider: Provider, stack: AsyncDisposableStack): Promise<Stage> {
    const { path: folder } = stack.use(temporaryFolder(provider.id));
    const [front = 0, own = 0, app = 0, main = 0, other = 0, ...rest] = await freePorts(11);
    const recorder = new Recorder(front, own);
    await recorder.open();
    stack.defer(() => recorder.close());
    const server = await openApp(app);
    stack.defer(async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    });
    const users = Array.from({ length: USERS }, (_, index) => `user${index + 10}@example.com`);
    const clients = [
      { id: "app", secret: secretText(), origin: `http://localhost:${main}` },
      { id: "other", secret: secretText(), origin: `http://localhost:${other}` },
    ];
    const place = { folder, port: own, recorder, clients, users, password: PASSWORD, lifetime: LIFETIME };
    const running = await provider.open(place, stack);
    const settings = provider.settings().replaceAll(/http:\/\/localhost:300\d/g, `http://127.0.0.1:${app}`);
    const fleet = (index: 0 | 1, port: number, count: number, ports: readonly number[]) =>
      openFleet(
        {
          folder,
          clientId: clients[index]?.id ?? "",
          clientSecret: clients[index]?.secret ?? "",
          issuer: running.issuer,
          settings,
          environment: provider.environment ?? {},
          port,
          gatewayPorts: ports.slice(0, count),
          adminPorts: ports.slice(count),
        },
        stack,
      );
    const [mainFleet, otherFleet] = await Promise.all([
      fleet(0, main, 2, rest.slice(0, 4)),
      fleet(1, other, 1, rest.slice(4, 6)),
    ]);
    return new Stage({ provider, running, recorder, main: mainFleet, other: otherFleet }, users);
  }

  /** A user who did nothing so far. */
  user(): string {
    return this.#users.pop() ?? missing("there are no users left");
  }

  get password(): string {
    return PASSWORD;
  }

  /** Goes to a page of the app, and signs in on the way where that is asked for. */
  async enter(user: string, browser = new Browser(), path = "/"): Promise<Visitor> {
    let page = await browser.open(`${this.main.origin}${path}`);
    if (loginForm(page.text) !== undefined) page = await browser.logIn(page, user, PASSWORD);
    const told = this.told(page);
    if (page.url.pathname !== path) throw new Error(`should have come to ${path}: ${described(page)}`);
    return new Visitor(this, browser, page, told);
  }

  /** What the app was told; the page must be the app's. */
  told(page: Pick<Page, "url" | "status" | "headers" | "text">): Told {
    const told = page.status === 200 ? toldBy(page.text) : undefined;
    return told ?? missing(`the app was expected: ${described(page)}`);
  }
}

/** An authenticated user, in one browser. */
export class Visitor {
  readonly browser: Browser;
  readonly page: Page;
  readonly told: Told;
  /** When the access token was there at the latest. */
  readonly since = Date.now();
  readonly #stage: Stage;

  constructor(stage: Stage, browser: Browser, page: Page, told: Told) {
    this.#stage = stage;
    this.browser = browser;
    this.page = page;
    this.told = told;
  }

  /** A request of a script, for what gets the access token. */
  api() {
    return this.browser.fetch(`${this.#stage.main.origin}/api/token`);
  }

  /** The session as its own endpoint tells it. */
  session() {
    return this.browser.fetch(`${this.#stage.main.origin}/auth/session`);
  }

  async token(): Promise<string> {
    const answer = await this.api();
    return this.#stage.told(answer).token ?? missing("no token came along");
  }

  /** Waits until the access token has run out for certain. */
  async tokenRunsOut(): Promise<void> {
    await sleep(Math.max(0, this.since + LIFETIME * 1_000 + 300 - Date.now()));
  }
}

function missing(text: string): never {
  throw new Error(text);
}

const secretText = (): string => randomBytes(24).toString("base64url");
