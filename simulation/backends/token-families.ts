/** The store's own state of tokens that are refreshed: a row for each family, and every secret that it ever had. */
import { hash } from "node:crypto";
import type { EndReason, EndTarget, PutCondition, SessionRow, SessionStore } from "coatcheck/contracts";
import type { Asked } from "../clients/asked.ts";
import type { Work } from "../world/work.ts";
import type { World } from "../world/world.ts";
import { holds, value } from "./effects.ts";

/** What became of one refresh token. */
export interface KnownSecret {
  readonly generation: number;
  /** When the store took its exchange. */
  exchangedAt: number | null;
  exchangedStep: number;
}

/** A family as the store's effects tell of it. */
export interface KnownFamily {
  readonly id: string;
  /** As traces name it. */
  readonly alias: string;
  row: SessionRow;
  readonly owner: string | null;
  readonly createdStep: number;
  readonly creator: Work;
  ended: { readonly step: number; readonly at: number; readonly reason: EndReason; readonly by: Work } | null;
  /** By hash. */
  readonly secrets: Map<string, KnownSecret>;
  gone: boolean;
}

/** What a refresh token was answered with. */
export interface Given {
  readonly refreshToken: string;
  readonly accessToken: string;
}

/** How long an exchanged refresh token gets the same answer again. */
export const TOKEN_GRACE = 10_000;
/** The grace begins when the exchange is planned; the store takes it up to so much later. */
export const SLOWEST = 4_000;

/** Which ends are whose: a reason without such a cause is one that the engine made up. */
const ENDS: { readonly [reason in EndReason]?: (work: Work, known: KnownFamily, world: World) => boolean } = {
  elsewhere: ({ order, asked }, known, world) =>
    order?.kind === "end-all" || order?.kind === "end-others" || isReuse(world, known, asked) || isIssued(known, asked),
  logout: ({ asked }, { secrets }) => asked?.purpose === "token-revoke" && secrets.has(asked.refreshToken?.hash ?? ""),
  provider: ({ order, asked }, known) => order?.kind === "sign-out" || isIssued(known, asked),
  replaced: ({ asked }, known) => isIssued(known, asked),
};

/** A logout overtook it, or it could not be told whether it was stored. */
function isIssued({ creator }: KnownFamily, asked: Asked | null): boolean {
  return asked?.purpose === "token-issue" && creator.asked === asked;
}

/** Whether a refresh token was shown whose time was over, as far as clocks can tell. */
function isReuse({ scheduler, apart }: World, { secrets }: KnownFamily, asked: Asked | null): boolean {
  const secret = asked?.purpose === "token-refresh" ? secrets.get(asked.refreshToken?.hash ?? "") : undefined;
  if (secret === undefined || secret.exchangedAt === null) return false;
  const isOlder = secrets.size - 1 - secret.generation > 1;
  return isOlder || scheduler.now - secret.exchangedAt > TOKEN_GRACE - SLOWEST - apart;
}

function pastOf({ row, ended, gone, secrets }: KnownFamily) {
  return { row, ended, gone, secrets: Array.from(secrets, ([hash, secret]) => [hash, { ...secret }] as const) };
}

/** What the store did with token rows, in order, and what must hold of every single effect. */
export class TokenFamilies {
  readonly #world: World;
  readonly #known = new Map<string, KnownFamily>();
  /** The secret after each one that was exchanged. No failover takes it back: it is derived, so it comes again. */
  readonly #successors = new Map<string, string>();
  /** What was answered to each refresh token, by its hash. */
  readonly answers = new Map<string, Given>();
  /** Requests that were answered with new tokens. */
  readonly issued: Asked[] = [];
  /** Refresh tokens that a client heard of, by hash. */
  readonly heard = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  get(id: string): KnownFamily | undefined {
    return this.#known.get(id);
  }

  all(): Iterable<KnownFamily> {
    return this.#known.values();
  }

  put(base: Pick<SessionStore, "put">, row: SessionRow, condition: PutCondition, work: Work): boolean {
    const written = value(base.put(row, condition));
    const known = this.#known.get(row.id);
    if (written !== holds(known, condition))
      this.#world.violate(3, `the store ${written ? "took" : "refused"} a token that it should not`);
    if (!written) return false;
    if (condition === "absent" || known === undefined) this.#created(row, work);
    else this.#changed(known, row, work);
    return true;
  }

  /** These ids were ended, some of families. */
  ended(base: Pick<SessionStore, "get">, ids: readonly string[], reason: EndReason, work: Work): void {
    for (const id of ids) {
      const known = this.#known.get(id);
      const row = known === undefined ? undefined : value(base.get(id));
      if (known !== undefined && row !== undefined) this.#ended(known, row, reason, work);
    }
  }

  /** Of the families that a call was to end, all that have ended. */
  endedOf(target: EndTarget): readonly string[] {
    const isIts = ({ id, owner }: KnownFamily): boolean =>
      "id" in target ? id === target.id : "owner" in target && owner === target.owner;
    return [...this.#known.values()].filter((known) => known.ended !== null && isIts(known)).map(({ id }) => id);
  }

  swept(base: Pick<SessionStore, "get">, now: number): void {
    for (const known of this.#known.values()) {
      if (known.gone || value(base.get(known.id)) !== undefined) continue;
      known.gone = true;
      if (known.row.expires >= now) this.#world.violate(3, `${known.alias} was swept before its end`);
    }
  }

  /** A client heard of a refresh token. */
  hears(refreshToken: string): void {
    this.heard.add(hash("sha256", refreshToken.split(".")[1] ?? "", "base64url"));
  }

  /** Remembers what is stored now. Answers how to go back to it. */
  remember(): () => void {
    const then = new Map(Array.from(this.#known.values(), (known) => [known, pastOf(known)] as const));
    return () => {
      for (const known of this.#known.values()) {
        const past = then.get(known);
        if (past === undefined) known.gone = true;
        else Object.assign(known, past, { secrets: known.secrets });
        known.secrets.clear();
        for (const [hash, secret] of past?.secrets ?? []) known.secrets.set(hash, secret);
      }
    };
  }

  #created(row: SessionRow, work: Work): void {
    const alias = `t${this.#known.size + 1}`;
    if (work.asked?.purpose !== "token-issue") this.#world.violate(1, `${work.actor} created a token: ${alias}`);
    const secrets = new Map([[row.secretHash, { generation: 0, exchangedAt: null, exchangedStep: 0 }]]);
    const createdStep = this.#world.scheduler.steps;
    const known = { id: row.id, alias, row, owner: row.owner, createdStep, creator: work, ended: null, secrets, gone: false };
    this.#known.set(row.id, known);
    this.#world.note(() => `${alias} begins for ${row.owner}`);
  }

  #changed(known: KnownFamily, row: SessionRow, work: Work): void {
    const before = known.row;
    if (row.ended !== null) {
      this.#ended(known, row, row.reason ?? "logout", work);
      return;
    }
    if (row.expires !== before.expires) this.#world.violate(8, `the absolute end of ${known.alias} moved`);
    if (row.owner !== before.owner) this.#world.violate(4, `${known.alias} went from ${before.owner} to ${row.owner}`);
    if (row.secretHash !== before.secretHash) this.#exchanged(known, row, work);
    known.row = row;
  }

  #exchanged(known: KnownFamily, row: SessionRow, work: Work): void {
    const world = this.#world;
    const { secretHash: before } = known.row;
    const { secretHash: after } = row;
    const shown = work.asked?.refreshToken?.hash;
    if (shown !== before) world.violate(13, `${work.actor} exchanged a refresh token of ${known.alias} that it did not show`);
    const successor = this.#successors.get(before);
    if (successor !== undefined && successor !== after && !world.rotates) {
      world.violate(13, `a refresh token of ${known.alias} has two successors`);
    }
    this.#successors.set(before, after);
    const secret = known.secrets.get(before);
    if (secret !== undefined) Object.assign(secret, { exchangedAt: world.scheduler.now, exchangedStep: world.scheduler.steps });
    const generation = (secret?.generation ?? 0) + 1;
    known.secrets.set(after, { generation, exchangedAt: null, exchangedStep: 0 });
    world.note(() => `${known.alias} has its ${generation}. successor`);
  }

  #ended(known: KnownFamily, row: SessionRow, reason: EndReason, by: Work): void {
    const world = this.#world;
    const { steps, now } = world.scheduler;
    if (known.ended !== null) world.violate(3, `${known.alias} ended twice`);
    const why = ENDS[reason]?.(by, known, world) === true;
    if (!why) world.violate(13, `${by.actor} ended ${known.alias} (${reason})`);
    known.row = row;
    known.ended = { step: steps, at: now, reason, by };
    world.note(() => `${known.alias} is ended: ${reason}`);
    for (const tell of world.listeners) tell(known.id, reason);
  }
}
