/** Finds environment variables that look like settings and are none. */
import { didYouMean } from "coatcheck/settings";
import type { Problem } from "./place.ts";
import type { NamedSetting } from "./sources.ts";

/** The environment, as the process has it. */
export type Environment = { readonly [name: string]: string | undefined };

/** What Kubernetes puts beside every container when a service is named coatcheck. */
const FROM_KUBERNETES =
  /^COATCHECK(?:_[A-Z0-9]+)*_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP)(?:_(?:ADDR|PORT|PROTO))?)?)$/;

/** Variables that look like ours and are none. An empty variable counts as not set. */
export function unknownVariables(environment: Environment, settings: readonly NamedSetting[]): readonly Problem[] {
  const known = new Set(settings.map(({ variable }) => variable));
  return Object.keys(environment)
    .filter(
      (name) => name.startsWith("COATCHECK_") && !known.has(name) && !FROM_KUBERNETES.test(name) && environment[name] !== "",
    )
    .map((name) => ({
      headline: `${name} is no setting`,
      lines: [didYouMean(name, known), "All of them:  coatcheck --help"].filter((line) => line !== ""),
    }));
}
