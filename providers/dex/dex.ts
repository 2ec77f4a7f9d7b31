/** Dex: what stands in for it, always, and Dex itself where its command is at hand. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { answers, Child } from "../child.ts";
import { guideBlock } from "../guide.ts";
import type { Place, Provider, Running } from "../provider.ts";
import { DexStandIn } from "./stand-in.ts";

/** Where the command is, which nothing here builds or fetches. */
const COMMAND = process.env["DEX"];

const ONE_TOKEN =
  "Dex keeps one refresh token for a user and a client. The last login has it; the other browser's session ends at its next refresh, " +
  "and that person signs in again.";

const WAYS = {
  lane: "small",
  lacks: {
    "single-sign-on": "Dex keeps no user signed on, unless its sessions are switched on (`DEX_SESSIONS_ENABLED`).",
    "end-session": "Dex has no logout.",
    "back-channel": "Dex tells no app of a logout.",
    revocation: "Dex takes no token back.",
    "many-grants": ONE_TOKEN,
    "end-sessions": "Dex revokes refresh tokens by its gRPC API alone, which is not run here.",
    "clear-refusal":
      "Dex answers 500 when the directory behind it no longer knows a user, as in an outage. So the session goes on as an identity for " +
      "`session.unconfirmed`, without tokens; after that the person comes to the login. Here that is 15 seconds.",
  },
  environment: { COATCHECK_UNCONFIRMED: "15s" },
  settings: () => guideBlock("Dex"),
} as const;

export const DEX_STAND_IN: Provider = {
  ...WAYS,
  id: "dex-stand-in",
  title: "Dex (what stands in for it)",
  async open(place, stack) {
    const own = new DexStandIn(place);
    await own.start();
    stack.defer(() => own.stop());
    return own;
  },
};

const LONGEST_START = 90_000;
const LONGEST_ROTATION = 90_000;
/** bcrypt of the password of all users. */
const HASH = "$2y$10$UI7p4Q6spaOx48wXiuG5GO4HtLacxSJRCWo7CdwLN.hmh7nRc1N9G";

class Dex implements Running {
  readonly issuer: string;
  readonly #command: string;
  readonly #place: Place;
  #child: Child | null = null;

  constructor(command: string, place: Place) {
    this.#command = command;
    this.#place = place;
    this.issuer = `${place.recorder.origin}/dex`;
  }

  async start(): Promise<void> {
    const { folder, port, clients, users, lifetime } = this.#place;
    const settings = {
      issuer: this.issuer,
      storage: { type: "memory" },
      web: { http: `127.0.0.1:${port}` },
      oauth2: { skipApprovalScreen: true },
      expiry: { idTokens: `${lifetime}s`, signingKeys: "1m" },
      enablePasswordDB: true,
      staticClients: clients.map(({ id, secret, origin }) => ({
        id,
        secret,
        name: id,
        redirectURIs: [`${origin}/auth/callback`],
      })),
      staticPasswords: users.map((name) => ({ email: name, username: name, userID: name, hash: HASH })),
    };
    const file = join(folder, "dex.json");
    writeFileSync(file, JSON.stringify(settings));
    const child = new Child({ command: this.#command, args: ["serve", file], cwd: folder });
    this.#child = child;
    await child.until(() => answers(`http://127.0.0.1:${port}/dex/.well-known/openid-configuration`), LONGEST_START);
  }

  async stop(): Promise<void> {
    await this.#child?.end();
    this.#child = null;
  }

  /** It rotates them by itself. */
  async rotateKeys(): Promise<void> {
    const keys = async () => (await fetch(`${this.issuer}/keys`)).text();
    const [before, deadline] = [await keys(), Date.now() + LONGEST_ROTATION];
    while ((await keys()) === before) {
      if (Date.now() > deadline) throw new Error("Dex does not rotate its keys");
      await sleep(500);
    }
  }
}

/** Dex itself, or nothing. */
export const DEX: readonly Provider[] =
  COMMAND === undefined
    ? []
    : [
        {
          ...WAYS,
          id: "dex",
          title: "Dex",
          lane: "dex",
          lacks: {
            ...WAYS.lacks,
            memory: "With its storage in memory, as here, Dex forgets its refresh tokens and keys.",
            "disable-user": "Its users stand in its configuration here.",
          },
          async open(place, stack) {
            const running = new Dex(COMMAND, place);
            stack.defer(() => running.stop());
            await running.start();
            return running;
          },
        },
      ];
