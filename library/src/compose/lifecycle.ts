/** How sessions end, put together: who hears of it, what is tried again, and what ends them from outside. */
import type { Clock, Provider } from "../contracts.ts";
import type { Keyring } from "../crypto/keyring.ts";
import { ServedSecrets } from "../crypto/served-secrets.ts";
import { type Announce, announcer } from "../engine/lifecycle/announce.ts";
import { sessionDirectory } from "../engine/lifecycle/directory.ts";
import { Endings } from "../engine/lifecycle/endings.ts";
import { MarkerBudget } from "../engine/lifecycle/marker-budget.ts";
import type { LifecycleOptions } from "../engine/lifecycle/options.ts";
import { UnfinishedEndings, type UnfinishedOptions } from "../engine/lifecycle/unfinished-endings.ts";
import { checkedCount } from "../engine/option-checks.ts";
import type { CoatcheckOptions } from "../options.ts";

interface LifecycleWorld extends Omit<LifecycleOptions, "announce">, Pick<UnfinishedOptions, "background"> {
  readonly providers: readonly Provider[];
  readonly keyring: Keyring;
  /** How long markers of a provider's logout stand, ms. Default: as long as a login may be under way. */
  readonly noticesStand?: number;
}

/** The parts that know of endings. */
export function lifecycleOf(options: CoatcheckOptions<unknown>, world: LifecycleWorld) {
  const endings = new Endings(world);
  const say = announcer({ ...world, endings });
  const most = checkedCount("maxPendingEndings", options.maxPendingEndings, 10_000);
  const served = new ServedSecrets();
  const unfinished = new UnfinishedEndings({ ...world, announce: say, served, most });
  const announce: Announce = (ended) => {
    unfinished.said(ended.id);
    say(ended);
  };
  const directory = sessionDirectory({ ...world, announce, unfinished, budget: budgetOf(options, world.clock) });
  return { endings, announce, unfinished, served, directory };
}

function budgetOf({ frontchannelLogout: given }: CoatcheckOptions<unknown>, clock: Clock): MarkerBudget {
  const most = typeof given === "object" ? given.maxMarkers : undefined;
  return new MarkerBudget(checkedCount("frontchannelLogout.maxMarkers", most, 10_000), clock);
}
