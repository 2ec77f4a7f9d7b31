/** Who may have which tokens, by `tokens.allow`. */
import type { TokenQuestion } from "coatcheck";
import type { Settings } from "../../config/config.ts";
import { groupsOf } from "../groups.ts";

type Rule = Settings["tokens"]["allow"][number];
type Asked = Pick<TokenQuestion, "kind" | "audience" | "identity">;

/** As the library asks it; `undefined`: there are no rules, and everything that is configured is given. */
export function allowOf(rules: readonly Rule[]): ((asked: Asked) => boolean | string) | undefined {
  return rules.length === 0 ? undefined : (asked) => allowedBy(rules, asked);
}

/** What all rules that fit give together. */
function allowedBy(rules: readonly Rule[], asked: Asked): boolean | string {
  const given = rules.filter((rule) => fits(rule, asked)).map(({ scope }) => scope);
  if (given.length === 0) return false;
  const words = given.filter((scope) => scope !== undefined);
  return words.length < given.length ? true : words.join(" ");
}

function fits({ groups, audiences, kinds }: Rule, { kind, audience, identity }: Asked): boolean {
  if (audiences.length > 0 && !audiences.includes(audience)) return false;
  if (kinds.length > 0 && !kinds.includes(kind)) return false;
  return groups.length === 0 || groupsOf(identity).some((group) => groups.includes(group));
}
