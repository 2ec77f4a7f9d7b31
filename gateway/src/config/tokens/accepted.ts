/** Which tokens of our own authenticate at this gateway. */
import type { Settings } from "../definition.ts";

/** The audiences whose tokens pass somewhere here; each upstream still asks for its own. */
export function acceptedAudiences({
  tokens,
  upstreams,
  check,
}: Pick<Settings, "tokens" | "upstreams" | "check">): readonly string[] {
  const named = [...upstreams, check].flatMap(({ audience }) => audience ?? []);
  return [...new Set([...tokens.accept, ...named])];
}
