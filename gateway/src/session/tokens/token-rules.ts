/** Who may have which tokens, by `tokens.allow`. */
import type { TokenQuestion } from "coatcheck";
import type { Settings } from "../../config/config.ts";
import type { ClaimNames } from "../people/claim-names.ts";

type Rule = Settings["tokens"]["allow"][number];
type Asked = Pick<TokenQuestion, "kind" | "audience" | "identity">;

/** As the library asks it; `undefined`: there are no rules, and everything that is configured is given. */
export function allowOf(rules: readonly Rule[], claims: ClaimNames): ((asked: Asked) => boolean | string) | undefined {
  return rules.length === 0 ? undefined : (asked) => allowedBy(rules, asked, claims);
}

/** What all rules that fit give together. */
function allowedBy(rules: readonly Rule[], asked: Asked, claims: ClaimNames): boolean | string {
  const given = rules.filter((rule) => fits(rule, asked, claims)).map(({ scope }) => scope);
  if (given.length === 0) return false;
  const words = given.filter((scope) => scope !== undefined);
  return words.length < given.length ? true : words.join(" ");
}

function fits({ groups, audiences, kinds }: Rule, { kind, audience, identity }: Asked, claims: ClaimNames): boolean {
  if (audiences.length > 0 && !audiences.includes(audience)) return false;
  if (kinds.length > 0 && !kinds.includes(kind)) return false;
  return groups.length === 0 || claims.groups(identity).some((group) => groups.includes(group));
}
