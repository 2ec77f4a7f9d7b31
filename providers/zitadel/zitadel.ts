/** The example provider of zitadel's oidc library (Go). It keeps everything in memory, and no user signed on. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { answers, Child } from "../child.ts";
import { guideBlock } from "../guide.ts";
import type { Place, Provider, Running } from "../provider.ts";

const BUILD = join(import.meta.dirname, "../../tools/build/zitadel.ts");
const LONGEST_START = 90_000;

export const ZITADEL: Provider = {
  id: "zitadel",
  title: "zitadel's example",
  lane: "small",
  lacks: {
    "single-sign-on": "zitadel's example keeps no user signed on: every login asks for the password.",
    "back-channel": "zitadel's example tells no app of a logout.",
    memory:
      "zitadel's example keeps everything in memory, so its refresh tokens are gone after a restart, and its keys are others.",
    "disable-user": "zitadel's example has no administrator.",
    "end-sessions": "zitadel's example has no administrator.",
    "rotate-keys": "The keys of zitadel's example change with every start, which is the row of the restart.",
  },
  settings: () => guideBlock("zitadel"),
  async open(place, stack) {
    const { stdout } = await promisify(execFile)(process.execPath, [BUILD]);
    const running = new ZitadelExample(stdout.trim(), place);
    stack.defer(() => running.stop());
    await running.start();
    return running;
  },
};

class ZitadelExample implements Running {
  readonly issuer: string;
  readonly #command: string;
  readonly #place: Place;
  #child: Child | null = null;

  constructor(command: string, place: Place) {
    this.#command = command;
    this.#place = place;
    this.issuer = `${place.recorder.origin}/`;
    const { folder, port, clients, users, password, lifetime } = place;
    const people = users.map((name) => [
      name,
      {
        ID: name,
        Username: name,
        Password: password,
        FirstName: "Some",
        LastName: "Body",
        Email: name,
        EmailVerified: true,
        PreferredLanguage: "en",
      },
    ]);
    writeFileSync(join(folder, "users.json"), JSON.stringify(Object.fromEntries(people)));
    const order = {
      Listen: `127.0.0.1:${port}`,
      Issuer: this.issuer,
      Seconds: lifetime,
      Users: join(folder, "users.json"),
      Clients: clients.map(({ id, secret, origin }) => ({ ID: id, Secret: secret, Origin: origin })),
    };
    writeFileSync(join(folder, "order.json"), JSON.stringify(order));
  }

  async start(): Promise<void> {
    const { folder, port } = this.#place;
    const child = new Child({ command: this.#command, args: [join(folder, "order.json")], cwd: folder });
    this.#child = child;
    await child.until(() => answers(`http://127.0.0.1:${port}/.well-known/openid-configuration`), LONGEST_START);
  }

  async stop(): Promise<void> {
    await this.#child?.end();
    this.#child = null;
  }
}
