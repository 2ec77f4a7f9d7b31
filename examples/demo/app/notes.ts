/** What the app keeps in a session's data: a few notes of the user. */
import type { CoatcheckOptions, Session } from "coatcheck";

/** What the app keeps in its session. */
export interface NotesData {
  readonly notes: readonly string[];
}

export const LONGEST_NOTE = 200;
export const MOST_NOTES = 10;

/** Types `session.data`, and completes that of a fresh session. Any Standard Schema would do, as zod's. */
export const NOTES_SCHEMA: NonNullable<CoatcheckOptions<NotesData>["data"]> = {
  "~standard": {
    version: 1,
    vendor: "demo",
    validate(data) {
      const notes: unknown = typeof data === "object" && data !== null ? Reflect.get(data, "notes") : undefined;
      if (notes === undefined) return { value: { notes: [] } };
      if (Array.isArray(notes) && notes.every((note) => typeof note === "string")) return { value: { notes } };
      return { issues: [{ message: "notes are texts", path: ["notes"] }] };
    },
  },
};

/** The data of a session, if it is this visitor's own. */
export function dataOf({ identity, data }: Session<NotesData>, { user }: { readonly user: string }): NotesData {
  return identity?.subject === user ? { notes: data.notes } : { notes: [] };
}
