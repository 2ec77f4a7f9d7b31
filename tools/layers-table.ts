/** The table of who may import whom, for people: written from the rules, so that it cannot tell otherwise. */

/** What a room of the library may import from the library, besides files of its own. */
export interface Room {
  /** Rooms with all that is below them, or single modules. */
  readonly may: readonly string[];
  /** Files of the room stand alone: none imports a sibling, but for parts of its own (`sqlite.ts` and `sqlite/`). */
  readonly alone?: true;
  /**
   * Packages and modules of Node's, with all that is below them. An empty list: what the room needs comes in through
   * the contracts. None: whatever the package declares.
   */
  readonly outside?: readonly string[];
  /** It loads modules of the app, which its caller names. */
  readonly loads?: true;
}

const BEGIN = "<!-- who may import whom, by `node tools/check-layers.ts --update`: begin -->";
const END = "<!-- who may import whom, by `node tools/check-layers.ts --update`: end -->";

/** The rows of the rooms, one line each, and of the members that see only what the library publishes. */
export function layersTable(rooms: { readonly [room: string]: Room }, members: readonly string[]): string {
  const rows = Object.entries(rooms).map(([name, room]) => `| \`${name}\` | ${allowed(room)} |`);
  const others = `| ${members.join(", ")} | the library's published names |`;
  return [BEGIN, "", "| | may import |", "|---|---|", ...rows, others, "", END].join("\n");
}

function allowed({ may, alone, outside, loads }: Room): string {
  const names = may.length === 0 ? "nothing of the library" : quoted(may);
  const others = outside === undefined ? [] : [outside.length === 0 ? "nothing from outside" : `from outside ${quoted(outside)}`];
  const limits = [...(alone ? ["no sibling"] : []), ...others, ...(loads ? ["and the app's modules"] : [])];
  return limits.length === 0 ? names : `${names}; ${limits.join(", ")}`;
}

const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

/** The document with `table` between its two marker comments, or nothing where it lacks them. */
export function withTable(document: string, table: string): string | undefined {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) return undefined;
  return document.slice(0, begin) + table + document.slice(end + END.length);
}
