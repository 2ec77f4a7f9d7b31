/** Programs of users: each has tokens of our own, which it refreshes, shows, and revokes. */
import { hash } from "node:crypto";
import { judgeProgram } from "../judges/tokens.ts";
import type { Item, ProgramAct } from "../script/script.ts";
import { Random } from "../world/random.ts";
import type { Life } from "../world/replica.ts";
import { newWork, working } from "../world/work.ts";
import type { World } from "../world/world.ts";
import type { Asked, TokenPurpose } from "./asked.ts";
import { type Browser, ticketOf } from "./browsers.ts";
import { answer, Shown } from "./requests.ts";

/** What a program has: the refresh tokens that it heard of, the newest last, and an access token. */
export class Program {
  readonly name: string;
  tokens: readonly string[] = [];
  access: string | null = null;

  constructor(name: string) {
    this.name = name;
  }
}

type Act = Extract<Item, { readonly kind: "program" }>;

const PURPOSES: { readonly [act in ProgramAct]: TokenPurpose } = {
  issue: "token-issue",
  refresh: "token-refresh",
  previous: "token-refresh",
  old: "token-refresh",
  "made-up": "token-refresh",
  use: "token-use",
  revoke: "token-revoke",
};

const TARGETS: { readonly [purpose in TokenPurpose]?: string } = {
  "token-issue": "/auth/tokens",
  "token-refresh": "/auth/tokens/refresh",
  "token-revoke": "/auth/tokens/revoke",
};

/** Carries out what a program does at one moment, with what it has then. */
export function actAs(world: World, program: Program, browser: Browser, item: Act): void {
  new Acting(world, program, browser, item).go();
}

class Acting {
  readonly #world: World;
  readonly #program: Program;
  readonly #browser: Browser;
  readonly #item: Act;
  readonly #random: Random;
  readonly #name: string;

  constructor(world: World, program: Program, browser: Browser, item: Act) {
    this.#world = world;
    this.#program = program;
    this.#browser = browser;
    this.#item = item;
    this.#random = Random.of(world.script.seed, 12, item.id);
    this.#name = `${program.name} #${item.id}`;
  }

  go(): void {
    const { act } = this.#item;
    const token = this.#token(act);
    const life = this.#world.replicas[this.#item.replica]?.life;
    if (life === undefined || life.state === "dead" || token === null) return;
    const purpose = PURPOSES[act];
    const run = (): void => this.#arrive(purpose, token, life);
    const tell = (): string => `${purpose} (${act}) ${this.#told(token)} → ${life.name}`;
    this.#world.scheduler.after(this.#network(), { place: life, actor: this.#name, tell, run, wakes: true });
  }

  /** What it shows; `null`: it has nothing of the kind. */
  #token(act: ProgramAct): string | null {
    const { tokens, access } = this.#program;
    const newest = tokens.at(-1) ?? null;
    switch (act) {
      case "issue":
        return this.#browser.ticket?.text ?? null;
      case "use":
        return access;
      case "previous":
        return tokens.at(-2) ?? null;
      case "old":
        return tokens.length < 3 ? null : (tokens[this.#random.below(tokens.length - 2)] ?? null);
      case "made-up":
        return newest === null ? null : `${newest.split(".")[0]}.${hash("sha256", newest, "base64url")}`;
      case "refresh":
      case "revoke":
        return newest;
    }
  }

  #told(token: string): string {
    const families = this.#world.families;
    const { id, hash: secret } = ticketOf(token);
    const known = families.get(id);
    return known === undefined ? "" : `${known.alias}.${known.secrets.get(secret)?.generation ?? "?"}`;
  }

  #arrive(purpose: TokenPurpose, token: string, life: Life): void {
    const asked = this.#asked(purpose, token, life);
    const signal = new AbortController().signal;
    const cookie = purpose === "token-issue" ? this.#browser.header(false) : "";
    const headers = new Map<string, string>(purpose === "token-issue" ? FROM_PAGE : FORM);
    if (purpose === "token-use") headers.set("authorization", `Bearer ${token}`);
    const target = TARGETS[purpose] ?? "/members";
    const method = purpose === "token-use" ? "GET" : "POST";
    const shown = new Shown(method, target, headers, cookie, "203.0.113.7", signal, bodyOf(purpose, token));
    life.serving += 1;
    this.#world.openRequests.add(asked);
    const work = newWork(this.#name, this.#random, asked);
    working(work, () => answer(this.#world, asked, shown, this.#random.between(0, 20))).then((given) => {
      life.serving -= 1;
      this.#world.openRequests.delete(asked);
      asked.answer = given;
      this.#world.note(() => `${life.name} answers ${this.#name}: ${given.status} ${given.code ?? ""}`);
      const heard = judgeProgram(this.#world, work, asked, given);
      const run = (): void => {
        if (heard !== null) this.#hear(purpose, heard.refreshToken, heard.accessToken);
      };
      const tell = (): string => `hears ${given.status}`;
      this.#world.scheduler.after(this.#network(), { place: null, actor: this.#name, tell, run, wakes: false });
    });
  }

  #hear(purpose: TokenPurpose, refreshToken: string, accessToken: string): void {
    const program = this.#program;
    const family = program.tokens.at(-1)?.split(".")[0];
    if (purpose === "token-issue") program.tokens = [refreshToken];
    // An answer that comes late is about tokens of before, or says again what is known.
    else if (family !== refreshToken.split(".")[0]) return;
    else if (!program.tokens.includes(refreshToken)) program.tokens = [...program.tokens, refreshToken];
    program.access = accessToken;
  }

  #asked(purpose: TokenPurpose, token: string, life: Life): Asked {
    const { scheduler } = this.#world;
    const family = purpose === "token-refresh" || purpose === "token-revoke";
    return {
      actor: this.#name,
      purpose,
      life,
      item: this.#item.id,
      ticket: purpose === "token-issue" ? this.#browser.ticket : null,
      refreshToken: family ? ticketOf(token) : null,
      accessToken: purpose === "token-use" ? token : null,
      asserts: null,
      unusable: null,
      begunStep: scheduler.steps,
      begunAt: scheduler.now,
      begunWall: life.wall(),
      before: { valid: false, seen: 0, keys: NO_KEYS },
      owner: null,
      edit: "",
      created: [],
      markReadStep: null,
      shown: undefined,
      answer: null,
    };
  }

  #network(): number {
    return this.#random.chance(0.9) ? this.#random.between(0.2, 4) : this.#random.between(4, 60);
  }
}

const NO_KEYS: ReadonlySet<string> = new Set();
const FORM = [["content-type", "application/x-www-form-urlencoded"]] as const;
const FROM_PAGE = [...FORM, ["sec-fetch-site", "same-origin"], ["sec-fetch-mode", "cors"]] as const;

function bodyOf(purpose: TokenPurpose, token: string): string {
  if (purpose === "token-issue") return "audience=api&scope=read";
  return new URLSearchParams(purpose === "token-refresh" ? { refresh_token: token } : { token }).toString();
}
