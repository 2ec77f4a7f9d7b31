/** Browsers with several tabs and one cookie jar: they send the requests of the script and report the answers. */
import { hash } from "node:crypto";
import { judgeAnswer } from "../judges/answers.ts";
import { isValid } from "../judges/valid.ts";
import type { Item, Visit } from "../script/script.ts";
import { Random } from "../world/random.ts";
import type { Life } from "../world/replica.ts";
import { newWork, working } from "../world/work.ts";
import { COOKIE, providerOf, type SignOn, type World } from "../world/world.ts";
import type { Answer, Asked, Purpose, Ticket } from "./asked.ts";
import { isEdit, isPage, signsIn } from "./asked.ts";
import type { Assertion, ProxyRequest } from "./portal.ts";
import { pass } from "./portal.ts";
import { answer, Shown } from "./requests.ts";
import { ownerOf, subjectOf, USERS } from "./users.ts";

/** A cookie jar that several tabs share, and who is signed on at the portal with it. */
export class Browser {
  readonly name: string;
  ticket: Ticket | null = null;
  readonly logins = new Map<string, string>();
  named: Assertion | null = null;
  /** A robot takes no cookies. */
  readonly #keeps: boolean;
  #signOns = 0;

  constructor(name: string, keeps = true) {
    this.name = name;
    this.#keeps = keeps;
  }

  /** At the portal another user is signed on from now on, or none. */
  signOn(user: number | null, claims: boolean): void {
    if (claims) this.#signOns += 1;
    this.named = user === null ? null : { subject: subjectOf(user), since: this.#signOns };
  }

  /** Takes cookies in the order in which answers arrive. */
  take(lines: readonly string[]): void {
    if (!this.#keeps) return;
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

/** The parts of a ticket; a refresh token of ours has the same. */
export function ticketOf(text: string): Ticket {
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

/** A request as it left the browser. */
interface Sent {
  readonly wish: Wish;
  readonly ticket: Ticket | null;
  readonly cookie: string;
}

type Heard = (asked: Asked, answer: Answer) => void;

const NO_KEYS: ReadonlySet<string> = new Set();

const TARGETS: { readonly [purpose in Purpose]?: string } = { logout: "/auth/logout" };

function wishOf(purpose: Purpose): Wish {
  const post = isEdit(purpose) || purpose === "logout" || purpose === "app-logout" || purpose === "app-login";
  const target = TARGETS[purpose] ?? `/${purpose}`;
  return { purpose, method: post ? "POST" : "GET", target, navigation: isPage(purpose) };
}

/** Carries one visit of the script out; a login is two requests with a person's visit to the provider between them. */
export class Visitor {
  readonly #world: World;
  readonly #browser: Browser;
  readonly #visit: Visit & Item;
  readonly #random: Random;
  readonly #name: string;
  /** Hears the answer when it arrives. */
  readonly #heard: Heard;

  constructor(world: World, browser: Browser, visit: Visit & Item, heard: Heard = () => undefined) {
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
      const target = `/auth/login?return_to=/${this.#world.settings.providers > 1 ? `&provider=${this.#provider.name}` : ""}`;
      const wish: Wish = { purpose: "login-begins", method: "GET", target, navigation: true };
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
      const provider = this.#provider;
      const sid = grants.signOn(browser, user, provider);
      const code = grants.approve({ user: subjectOf(user), nonce: query.get("nonce") ?? "", sid, provider });
      const target = `/auth/callback?code=${code}&state=${state}&iss=${encodeURIComponent(provider.issuer)}`;
      this.#ask({ purpose: "login-returns", method: "GET", target, navigation: true }, this.#heard);
    };
    const tell = (): string => `signs in at the provider as ${USERS[user]}`;
    const delay = this.#random.pick([20, 20, 1_500]);
    this.#world.scheduler.after(this.#random.between(1, delay), { place: null, actor: this.#name, tell, run, wakes: false });
  }

  #ask(wish: Wish, heard: Heard): void {
    const { ticket } = this.#browser;
    const { via, user } = this.#visit;
    const sent: Sent = { wish, ticket, cookie: this.#browser.header(wish.purpose.startsWith("login")) };
    const forged = subjectOf(user);
    if (via !== "portal") {
      this.#send(sent, pass(via, null, forged), heard);
      return;
    }
    // The portal names the user who is signed on when the request passes it, not when the browser sent it.
    const run = (): void => this.#send(sent, pass(via, this.#browser.named, forged), heard);
    const tell = (): string => `${wish.purpose} passes the portal as ${this.#browser.named?.subject ?? "anonymous"}`;
    this.#world.scheduler.after(this.#network(), { place: null, actor: this.#name, tell, run, wakes: false });
  }

  #send(sent: Sent, proxied: ProxyRequest, heard: Heard): void {
    const life = this.#server();
    if (life === null) return;
    const { wish, ticket } = sent;
    const run = (): void => this.#arrive(sent, proxied, life, heard);
    const told = ticket === null ? "with no cookie" : `shows ${this.#world.sessions.aliasOf(ticket.id)}`;
    const said = proxied.asserts === null ? "" : ` of ${proxied.asserts.subject}`;
    const tell = (): string => `${wish.method} ${wish.target.split("?")[0]} (${wish.purpose})${said} ${told} → ${life.name}`;
    this.#world.scheduler.after(this.#network(), { place: life, actor: this.#name, tell, run, wakes: true });
  }

  get #provider(): SignOn {
    return providerOf(this.#visit, this.#world.settings);
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

  #arrive({ wish, ticket, cookie }: Sent, proxied: ProxyRequest, life: Life, heard: Heard): void {
    const asked = this.#asked(wish.purpose, life, ticket, proxied);
    const { hangsUpAfter } = this.#visit;
    const client = hangsUpAfter === null ? STAYS : this.#hangUpAfter(hangsUpAfter);
    const usual = wish.navigation ? PAGE_HEADERS : HEADERS;
    const { headers, peer } = proxied;
    const all = headers.length === 0 ? usual : new Map([...usual, ...headers]);
    const shown = new Shown(wish.method, wish.target, all, cookie, peer, client);
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

  #hear(asked: Asked, given: Answer, hungUp: AbortSignal, heard: Heard): void {
    const run = (): void => {
      if (hungUp.aborted) return;
      this.#browser.take(given.cookies);
      heard(asked, given);
    };
    const tell = (): string => (hungUp.aborted ? "has gone" : `hears ${given.status}`);
    this.#world.scheduler.after(this.#network(), { place: null, actor: this.#name, tell, run, wakes: false });
  }

  #hangUpAfter(delay: number): AbortSignal {
    const hangUp = new AbortController();
    const run = (): void => hangUp.abort(new Error("the client has gone"));
    this.#world.scheduler.after(delay, { place: null, actor: this.#name, tell: () => "hangs up", run, wakes: true });
    return hangUp.signal;
  }

  #asked(purpose: Purpose, life: Life, ticket: Ticket | null, { asserts, unusable }: ProxyRequest): Asked {
    const { scheduler, sessions } = this.#world;
    const known = ticket === null ? undefined : sessions.get(ticket.id);
    const seen = known?.row.seen ?? 0;
    return {
      actor: this.#name,
      purpose,
      life,
      item: this.#visit.id,
      ticket,
      refreshToken: null,
      accessToken: null,
      asserts,
      unusable,
      before: {
        valid: ticket !== null && isValid(this.#world, known, ticket.hash, seen),
        seen,
        keys: known?.dataKeys ?? NO_KEYS,
      },
      begunStep: scheduler.steps,
      begunAt: scheduler.now,
      begunWall: life.wall(),
      owner: signsIn(purpose) ? ownerOf(this.#visit.user, purpose === "login-returns" ? this.#provider : undefined) : null,
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
  const who = shown === undefined ? "" : ` as ${shown.owner ?? "anonymous"}`;
  return `${status}${who}${code === null ? "" : ` ${code}`}${token === null ? "" : ` with ${token}`}${cookie}`;
}
