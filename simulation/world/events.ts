/** Events that are no requests: a process dies, an operator ends sessions, the provider sends a logout. */
import type { Browser } from "../clients/browsers.ts";
import { ownerOf, USERS } from "../clients/users.ts";
import { judgeOrder } from "../judges/orders.ts";
import type { Event, Item, ProgramStep } from "../script/script.ts";
import { cutLink } from "./failover.ts";
import { kill, stop } from "./faults.ts";
import { Move } from "./move.ts";
import { Random } from "./random.ts";
import type { Life } from "./replica.ts";
import type { Order } from "./work.ts";
import { newWork, working } from "./work.ts";
import { ISSUER, type World } from "./world.ts";

/** Makes something happen that is no request. */
export function carryOut(world: World, browsers: readonly Browser[], event: Event & Item): void {
  const { scheduler } = world;
  switch (event.kind) {
    case "kill":
      kill(world, world.replicas[event.replica]?.life, event.lasts);
      return;
    case "stop":
      stop(world, world.replicas[event.replica]?.life, event.lasts);
      return;
    case "trap":
      world.traps.push(event);
      return;
    case "jump":
      world.replicas[event.replica]?.jump(event.by);
      return;
    case "store-trouble":
      world.storeTroubles.push({ replica: event.replica, how: event.how, until: scheduler.now + event.lasts });
      return;
    case "provider-trouble":
      world.providerTroubles.push({ replica: event.replica, how: event.how, until: scheduler.now + event.lasts });
      return;
    case "failover":
    case "split":
      cutLink(world, event);
      return;
    case "move":
      if (world.moved === null || world.move !== null) return;
      world.move = new Move(world, event.id);
      world.move.begin();
      return;
    case "secrets":
      rotateSecrets(world);
      return;
    case "copy": {
      const from = browsers[event.from];
      const to = browsers[event.to];
      if (from !== undefined && to !== undefined) to.ticket = from.ticket;
      return;
    }
    case "portal":
      browsers[event.browser]?.signOn(event.user, world.settings.proxy?.claims === true);
      return;
    case "account":
      changeAccount(world, event);
      return;
    case "lookup-trouble":
      world.lookupTroubles.push({ replica: event.replica, how: event.how, until: scheduler.now + event.lasts });
      return;
    case "withdraw":
      world.grants.withdraw(ownerOf(event.user));
      return;
    default:
      ordered(world, event);
  }
}

/** How an event is named in a trace. */
export function tellEvent(event: Event | ProgramStep): string {
  const { kind, ...rest } = event;
  const more = Object.entries(rest)
    .filter(([name]) => name !== "at" && name !== "id")
    .map(([name, what]) => `${name} ${typeof what === "number" ? Math.round(what) : String(what)}`);
  return [kind, ...more].join(", ");
}

const AT_ONCE: readonly number[] = [0];
const PHASES = { add: 0, promote: 20_000 } as const;

/** Replica by replica, and the second phase after all have had the first. */
function rotateSecrets(world: World): void {
  for (const phase of ["add", "promote"] as const) {
    for (const replica of world.replicas) {
      const run = (): void => replica.rotateSecrets(phase);
      const tell = (): string => `is to ${phase} the secret`;
      const happening = { place: null, actor: replica.life.name, tell, run, wakes: true };
      world.scheduler.after(PHASES[phase] + replica.index * 3_000, happening);
    }
  }
}

/** An administrator changes an account, and one process is told that what it knows of it is not good any more. */
function changeAccount(world: World, { id, user, becomes, forgets }: Extract<Event, { readonly kind: "account" }> & Item): void {
  const name = world.accounts.change(user, becomes);
  const life = forgets === null ? undefined : world.replicas[forgets]?.life;
  if (life === undefined) return;
  const run = (): void => {
    life.auth.forget(name);
    world.accounts.forgets(life, name);
  };
  world.scheduler.after(0, { place: life, actor: `account #${id}`, tell: () => `has ${name} forgotten`, run, wakes: true });
}

type Ordered = Extract<Event, { readonly kind: "sweep" | "end-all" | "end-one" | "sign-out" }>;

/** An operator, the app or the provider has sessions ended; failures are for the caller. */
function ordered(world: World, event: Ordered & Item): void {
  const life = world.replicas[event.replica]?.life;
  if (life === undefined || life.state === "dead") return;
  const order = orderOf(world, event);
  if (order === null) return;
  const work = newWork(`${event.kind} #${event.id}`, Random.of(world.script.seed, 4, event.id), null, order);
  const run = (there: Life): void => {
    working(work, () => act(world, there, event, order)).then(
      () => {
        world.note(() => `${work.actor} is done`);
        judgeOrder(world, order);
      },
      () => world.note(() => `${work.actor} could not be done`),
    );
  };
  if (order.kind !== "sweep") world.orders.push(order);
  // A provider's notification can be on its way for long, and come twice.
  for (const late of event.kind === "sign-out" ? (event.late ?? AT_ONCE) : AT_ONCE) {
    const arrive = (): void => {
      const there = world.replicas[event.replica]?.life;
      if (there === undefined || there.state === "dead") return;
      const asks = { place: there, actor: work.actor, tell: () => `asks ${there.name}`, run: () => run(there), wakes: true };
      world.scheduler.after(0, asks);
    };
    if (late === 0) arrive();
    else
      world.scheduler.after(late, { place: null, actor: work.actor, tell: () => "sends its notice", run: arrive, wakes: false });
  }
}

function orderOf(world: World, event: Ordered): Order | null {
  const begun = { kind: event.kind, begunStep: world.scheduler.steps, markStep: null, doneStep: null, except: null };
  const ownerless = { owner: null, sid: null, issuedAt: null };
  if (event.kind === "sweep" || event.kind === "end-one") return { ...begun, ...ownerless };
  const owner = ownerOf(event.user);
  if (event.kind === "end-all") return { ...begun, owner, sid: null, issuedAt: null };
  const signedOut = world.grants.signOut(owner, event.by);
  return signedOut === null ? null : { ...begun, owner, ...signedOut };
}

async function act(world: World, life: Life, event: Ordered, { owner, sid, issuedAt }: Order): Promise<void> {
  const { auth } = life;
  switch (event.kind) {
    case "sweep":
      await life.store.sweep(1_000, life.wall());
      return;
    case "end-all":
      await auth.endAll(owner ?? "");
      return;
    case "end-one": {
      const listed = await auth.sessions.list(ownerOf(event.user));
      const newest = listed.length > 1 ? listed.toSorted((one, other) => other.createdAt - one.createdAt)[0] : undefined;
      const chosen = event.newest ? newest : listed[0];
      if (chosen !== undefined) await auth.sessions.end(chosen.id, "admin");
      return;
    }
    case "sign-out": {
      const subject = sid === null ? (USERS[event.user] ?? null) : null;
      await auth.sessions.signedOut({ issuer: ISSUER, subject, sid, issuedAt: issuedAt ?? world.scheduler.now });
      return;
    }
  }
}
