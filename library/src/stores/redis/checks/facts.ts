/** What a server says of itself, as far as it may be asked. */

/** What matters for sessions. What is `undefined` could not be learned: managed services refuse some questions. */
export interface ServerFacts {
  /** Major and minor version of the Redis that it is, or is compatible with. */
  readonly version: readonly [major: number, minor: number] | undefined;
  /** What is done if the memory is full. */
  readonly eviction: string | undefined;
  readonly appendOnly: boolean | undefined;
  /** Whether snapshots are written. */
  readonly snapshots: boolean | undefined;
  readonly replicas: number | undefined;
  /** Its clock, in milliseconds. */
  readonly time: number | undefined;
}

/** What is asked, in the order in which {@link factsOf} reads it. */
export const QUESTIONS = [["INFO"], ["CONFIG", "GET", "save"], ["TIME"]] as const;

/** The facts in the answers to {@link QUESTIONS}; an error is an answer that says nothing. */
export function factsOf([info, save, time]: readonly unknown[]): ServerFacts {
  const fields = new Map(
    String(info)
      .split(/\r?\n/)
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
  const [major, minor] = (fields.get("redis_version") ?? "").split(".").map(Number);
  const [, seconds] = /^(\d+)/.exec(Array.isArray(time) ? String(time[0]) : "") ?? [];
  const replicas = fields.get("connected_slaves");
  return {
    version: major === undefined || minor === undefined ? undefined : [major, minor],
    eviction: fields.get("maxmemory_policy"),
    appendOnly: fields.has("aof_enabled") ? fields.get("aof_enabled") === "1" : undefined,
    snapshots: snapshotsIn(save),
    replicas: replicas === undefined ? undefined : Number(replicas),
    time: seconds === undefined ? undefined : Number(seconds) * 1_000,
  };
}

/** The answer is a list or an object, depending on the protocol. */
function snapshotsIn(save: unknown): boolean | undefined {
  if (typeof save !== "object" || save === null || save instanceof Error) return undefined;
  const [, value] = Array.isArray(save) ? save : (Object.entries(save)[0] ?? []);
  return value === undefined ? undefined : String(value) !== "";
}
