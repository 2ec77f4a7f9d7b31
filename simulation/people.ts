import { hash } from "node:crypto";
import type { Answer, Asked, Purpose, Ticket } from "./asked.ts";
import { isEdit } from "./asked.ts";
import { isValid, judgeAnswer } from "./judge-answers.ts";
import { Random } from "./random.ts";
import type { Life } from "./replica.ts";
import { answer, Shown } from "./requests.ts";
import type { Item, Visit } from "./script.ts";
import { newWork, working } from "./work.ts";
import { COOKIE, ISSUER, type World } from "./world.ts";

export const USERS = ["alice", "bob", "carol"] as const;

export function ownerOf(user: number): string {
  return `${ISSUER} ${USERS[user] ?? "nobody"}`;
}

/** A cookie jar that several tabs share. */
export class Browser {
  readonly name: string;
  ticket: Ticket | null = null;
  readonly logins = new Map<string, string>();

  constructor(name: string) {
    this.name = name;
  }

  /** Takes cookies in the order in which answers arrive. */
  take(lines: readonly string[]): void {
    for (const line of lines) {
      const equals = line.indexOf("=");
      const name = line.slice(0, equals);
      const end = line.indexOf(";");
      const text = line.slice(equals + 1, end);
      const gone = line.startsWith("; Max-Age=0;", end);
      if (name === COOKIE) this.ticket = gone ? null : ticketOf(text);
      else if (gone) this.logins.delete(name);
      else this.logins.set(name, text);
    }
  }

  header(withLogins: boolean): string {
    const pairs = withLogins ? [...this.logins].map(([name, text]) => `${name}=${text}`) : [];
    if (this.ticket !== null) pairs.push(`${COOKIE}=${this.ticket.text}`);
    return pairs.join("; ");
  }
}

function ticketOf(text: string): Ticket {
  const [id = "", secret = ""] = text.split(".");
  return { text, id, hash: hash("sha256", secret, "base64url") };
}

/** What a request says besides its cookies. */
interface Wish {
  readonly purpose: Purpose;
  readonly method: "GET" | "POST";
  readonly target: string;
  readonly navigation: boolean;
}

const NO_KEYS: ReadonlySet<string> = new Set();

const TARGETS: { readonly [purpose in Purpose]?: string } = { logout: "/auth/logout" };

function wishOf(purpose: Purpose): Wish {
  const post = isEdit(purpose) || purpose === "logout" || purpose === "app-logout" || purpose === "app-login";
  const navigation = purpose === "page";
  return { purpose, method: post ? "POST" : "GET", target: TARGETS[purpose] ?? `/${purpose}`, navigation };
}

/** Carries one visit of the script out; a login is two requests with a person's visit to the provider between them. */
export class Visitor {
  readonly #world: World;
  readonly #browser: Browser;
  readonly #visit: Visit & Item;
  readonly #random: Random;
  readonly #name: string;
  /** Hears the answer when it arrives. */
  readonly #heard: (asked: Asked, answer: Answer) => void;

  constructor(
    world: World,
    browser: Browser,
    visit: Visit & Item,
    heard: (asked: Asked, answer: Answer) => void = () => undefined,
  ) {
    this.#world = world;
    this.#browser = browser;
    this.#visit = visit;
    this.#random = Random.of(world.script.seed, 3, visit.id);
    this.#name = `${browser.name}/${visit.tab} #${visit.id}`;
    this.#heard = heard;
  }

  go(): void {
    if (this.#visit.errand !== "login") this.#ask(wishOf(this.#visit.errand), this.#heard);
    else {
      const wish: Wish = { purpose: "login-begins", method: "GET", target: "/auth/login?return_to=/", navigation: true };
      this.#ask(wish, (_, { status, location }) => {
        if (status === 302 && location !== null) this.#signIn(location);
      });
    }
  }

  // The person signs in at the provider's page, and comes back.
  #signIn(location: string): void {
    const { user, browser } = this.#visit;
    const query = new URL(location).searchParams;
    const state = query.get("state") ?? "";
    const run = (): void => {
      const { grants } = this.#world;
      const code = grants.approve(USERS[user] ?? "nobody", query.get("nonce") ?? "", grants.signOn(browser, user));
      const target = `/auth/callback?code=${code}&state=${state}&iss=${encodeURIComponent(ISSUER)}`;
      this.#ask({ purpose: "login-returns", method: "GET", target, navigation: true }, this.#heard);
    };
    const tell = (): string => `signs in at the provider as ${USERS[user]}`;
    const delay = this.#random.pick([20, 20, 1_500]);
    this.#world.scheduler.after(this.#random.between(1, delay), { place: null, actor: this.#name, tell, run, wakes: false });
  }

  #ask(wish: Wish, heard: (asked: Asked, answer: Answer) => void): void {
    const life = this.#server();
    if (life === null) return;
    const { ticket } = this.#browser;
    const cookie = this.#browser.header(wish.purpose.startsWith("login"));
    const run = (): void => this.#arrive(wish, life, ticket, cookie, heard);
    const told = ticket === null ? "with no cookie" : `shows ${this.#world.sessions.aliasOf(ticket.id)}`;
    const tell = (): string => `${wish.method} ${wish.target.split("?")[0]} (${wish.purpose}) ${told} → ${life.name}`;
    this.#world.scheduler.after(this.#network(), { place: life, actor: this.#name, tell, run, wakes: true });
  }

  /** The replica that is asked for, or the next that is there. */
  #server(): Life | null {
    const { replicas } = this.#world;
    const wanted = this.#visit.errand === "login" ? this.#random.below(replicas.length) : this.#visit.replica;
    for (let offset = 0; offset < replicas.length; offset++) {
      const life = replicas[(wanted + offset) % replicas.length]?.life;
      if (life !== undefined && life.state !== "dead") return life;
    }
    return null;
  }

  #arrive(wish: Wish, life: Life, ticket: Ticket | null, cookie: string, heard: (asked: Asked, answer: Answer) => void): void {
    const asked = this.#asked(wish.purpose, life, ticket);
    const { patience } = this.#visit;
    const client = patience === null ? STAYS : this.#hangUpAfter(patience);
    const shown = new Shown(wish.method, wish.target, wish.navigation ? PAGE_HEADERS : HEADERS, cookie, client);
    life.serving += 1;
    this.#world.openRequests.add(asked);
    const work = newWork(this.#name, this.#random, asked);
    working(work, () => answer(this.#world, asked, shown, this.#visit.pause)).then((given) => {
      life.serving -= 1;
      this.#world.openRequests.delete(asked);
      asked.answer = given;
      this.#world.note(() => `${life.name} answers ${this.#name}: ${said(given, asked)}`);
      judgeAnswer(this.#world, asked, given);
      this.#hear(asked, given, client, heard);
    });
  }

  #hear(asked: Asked, given: Answer, hungUp: AbortSignal, heard: (asked: Asked, answer: Answer) => void): void {
    const run = (): void => {
      if (hungUp.aborted) return;
      this.#browser.take(given.cookies);
      heard(asked, given);
    };
    const tell = (): string => (hungUp.aborted ? "has gone" : `hears ${given.status}`);
    this.#world.scheduler.after(this.#network(), { place: null, actor: this.#name, tell, run, wakes: false });
  }

  #hangUpAfter(patience: number): AbortSignal {
    const hangUp = new AbortController();
    const run = (): void => hangUp.abort(new Error("the client has gone"));
    this.#world.scheduler.after(patience, { place: null, actor: this.#name, tell: () => "hangs up", run, wakes: true });
    return hangUp.signal;
  }

  #asked(purpose: Purpose, life: Life, ticket: Ticket | null): Asked {
    const { scheduler, sessions } = this.#world;
    const known = ticket === null ? undefined : sessions.get(ticket.id);
    const seen = known?.row.seen ?? 0;
    const signsIn = purpose === "login-returns" || purpose === "app-login";
    return {
      actor: this.#name,
      purpose,
      life,
      item: this.#visit.id,
      ticket,
      before: {
        valid: ticket !== null && isValid(this.#world, known, ticket.hash, seen),
        seen,
        keys: known?.dataKeys ?? NO_KEYS,
      },
      begunStep: scheduler.steps,
      begunAt: scheduler.now,
      begunWall: life.wall(),
      owner: signsIn ? ownerOf(this.#visit.user) : null,
      edit: `e${this.#visit.id}`,
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

const HEADERS = new Map([
  ["sec-fetch-site", "same-origin"],
  ["sec-fetch-mode", "cors"],
  ["sec-fetch-dest", "empty"],
  ["accept", "application/json"],
]);
const PAGE_HEADERS = new Map([
  ...HEADERS,
  ["sec-fetch-mode", "navigate"],
  ["sec-fetch-dest", "document"],
  ["accept", "text/html"],
]);
const STAYS = new AbortController().signal;

function said({ status, cookies, code, token }: Answer, { shown }: Asked): string {
  const line = cookies.findLast((cookie) => cookie.startsWith(`${COOKIE}=`));
  const cookie = line === undefined ? "" : line.startsWith(`${COOKIE}=;`) ? ", clears the cookie" : ", sets the cookie";
  const who = shown === undefined ? "" : ` as ${shown.owner ?? "nobody"}`;
  return `${status}${who}${code === null ? "" : ` ${code}`}${token === null ? "" : ` with ${token}`}${cookie}`;
}
