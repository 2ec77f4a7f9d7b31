/** Users at work on a stage while something is done to it; then all of them look once more. */
import { setTimeout as sleep } from "node:timers/promises";
import { settled, unless } from "../outcome.ts";
import { randomOf } from "../random.ts";
import type { Journals, Outage } from "./journal.ts";
import { outcriesOf } from "./outcries.ts";
import type { Stage } from "./stage.ts";
import { Client, type Plant } from "./users/client.ts";
import { Device } from "./users/device.ts";
import { Diary } from "./users/diary.ts";

const PEOPLE = 5;
const DEVICES = 2;
/** How many browsers there are. */
export const BROWSERS = PEOPLE * DEVICES;
export interface Playing {
  readonly seed: number;
  /** A person who interrupts it. */
  readonly signal: AbortSignal;
  /** Falsifies what passes between users and the balancer; for tests that the judge hears of it. */
  readonly plant?: Plant;
  /** What is done meanwhile: the users stop when it is over. It notes there what befell all. */
  readonly meanwhile: (outages: Outage[], diary: Diary) => Promise<unknown>;
  /** Milliseconds until the last lines of logs are here. Default: none. */
  readonly quiet?: number;
}

/** What was played, for the judge and for the report. */
export interface Played {
  /** What broke the run off, and no answer to a user: what was seen until then is judged all the same. */
  readonly failure: Error | null;
  readonly journals: Journals;
  readonly client: Client;
}

export async function play(stage: Stage, { seed, signal, plant, meanwhile, quiet = 0 }: Playing): Promise<Played> {
  const [diary, outages]: [Diary, Outage[]] = [new Diary(), []];
  const client = new Client(stage.balancer.port, stage.host, plant);
  const devices = Array.from({ length: BROWSERS }, (_, index) => {
    const account = `user-${index % PEOPLE}`;
    const random = randomOf(seed, `device ${index}`);
    return new Device(`${account}.${Math.floor(index / PEOPLE)}`, account, { client, diary, random });
  });
  const over = new AbortController();
  const lives = devices.map((device) => device.live(AbortSignal.any([signal, over.signal])));
  try {
    const work = meanwhile(outages, diary);
    const whichever = await unless(signal, Promise.race([settled(work), settled(Promise.all(lives))]));
    over.abort();
    const ends = await unless(signal, Promise.all([...lives, work].map(settled)));
    const failure = [whichever, ...ends].find((end) => end !== null && end.name !== "AbortError") ?? null;
    if (failure === null) await Promise.all(devices.map((device) => device.lookBack()));
    await sleep(quiet);
    return { failure, journals: gather(stage, diary, outages), client };
  } finally {
    client.close();
  }
}

function gather({ lease, provider, records, gateways, apps }: Stage, diary: Diary, outages: readonly Outage[]): Journals {
  const outcries = outcriesOf(records.lines, [...gateways, ...apps]);
  return { lease, uses: provider.uses, ...records, outages, outcries, ...diary };
}
