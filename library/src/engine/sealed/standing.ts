/** Which markers stand for the end of a sealed session, and for a state of it that was replaced. */
import type { EndReason, MaybePromise, SealedRow, SessionRow, SessionStore } from "../../contracts.ts";
import { allThen } from "../../core/maybe.ts";
import { ROTATION_GRACE } from "../../core/policy.ts";
import { isEndReason } from "../../core/row-columns.ts";
import { endingOfAll, notificationMarker, ownerMarker } from "../lifecycle/markers.ts";

/** Whether a row was opened from a cookie. */
export const isSealed = (row: SessionRow): row is SealedRow => "ownerMarker" in row;

/** Set when a session ends; its value is the reason. */
export const endedMarker = (id: string): string => `ended:${id}`;

/** Set once, by whoever replaces this state of a session; its value is when that was. */
export const replacedMarker = (id: string, version: number): string => `replaced:${id}.${version}`;

/**
 * How a session stands: why it is over, or `null` while it lives; `"late"`: a newer state of it exists, and this
 * request was on its way when that was made.
 */
export type Standing = EndReason | "late" | null;

/** What one marker says. */
interface Question {
  readonly key: string;
  readonly judge: (value: string, now: number) => Standing;
}

const ended = (id: string): Question => ({
  key: endedMarker(id),
  judge: (value) => (isEndReason(value) ? value : "logout"),
});

const replaced = ({ id, version }: SessionRow): Question => ({
  key: replacedMarker(id, version),
  judge: (value, now) => (now - Number(value) < ROTATION_GRACE ? "late" : "replaced"),
});

function questionsOf(row: SealedRow, states: boolean): readonly Question[] {
  const { id, owner, issuer, sid, issuedAt } = row;
  const questions = [ended(id), ...(states ? [replaced(row)] : [])];
  if (owner === null) return questions;
  const all: Question = {
    key: ownerMarker(owner),
    judge(value) {
      const { reason, except } = endingOfAll(value);
      return value === row.ownerMarker || except === id ? null : reason;
    },
  };
  if (issuer === null || issuedAt === null) return [...questions, all];
  const provider = (key: string | null): readonly Question[] =>
    key === null ? [] : [{ key, judge: (value) => (Number(value) >= issuedAt ? "provider" : null) }];
  // A provider's users are named by issuer and subject.
  const subject = owner.slice(issuer.length + 1);
  const ofSession = sid === null ? [] : provider(notificationMarker({ issuer, subject, sid }));
  return [...questions, all, ...ofSession, ...provider(notificationMarker({ issuer, subject, sid: null }))];
}

/**
 * Looks the markers of a session up, all at once.
 *
 * @param states whether an older state of the session counts as over, which it does for a request that brings it
 */
export function standingOf(
  row: SealedRow,
  store: Pick<SessionStore, "marked">,
  now: number,
  states: boolean,
): MaybePromise<Standing> {
  const questions = questionsOf(row, states);
  const answers = questions.map(({ key }) => store.marked(key, now));
  return allThen(answers, (values) => {
    const found = questions.map(({ judge }, index) => {
      const value = values[index];
      return value === undefined ? null : judge(value, now);
    });
    return found.find((one) => one !== null && one !== "late") ?? found.find((one) => one === "late") ?? null;
  });
}
