/** What an error of PostgreSQL or of its client comes to. */
import { CoatcheckError } from "../../core/errors.ts";

/** The code of an error: five characters of PostgreSQL's (SQLSTATE), or another of the client's; `""` without one. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/**
 * Whether the server has certainly done nothing because the connection does not have the prepared statement, or has
 * another of that name: a pooler of transactions hands out a different connection each time.
 */
export const isNameless = (error: unknown): boolean => ["26000", "42P05"].includes(codeOf(error));

/** Whether the server undid the statement because of others at the same time, so that it may be tried again. */
export const isUndone = (error: unknown): boolean => ["40P01", "40001"].includes(codeOf(error));

/** Whether another process holds the lock that was asked for, or was at odds over it: later it may be free. */
export const isLocked = (error: unknown): boolean => codeOf(error) === "55P03" || isUndone(error);

/** Whether the table or its schema does not exist. */
export const isMissing = (error: unknown): boolean => ["42P01", "3F000"].includes(codeOf(error));

/**
 * Data that cannot be stored, such as an owner that is too long for an index, and statements that cannot be run, for
 * want of a right for example: no waiting helps.
 * All else is an outage: too many connections, a shutdown, a failover, a connection that broke, a time limit.
 */
const INVALID = /^(?:22|23|42|54)...$/;

/** Whether no waiting helps. */
export const isRefused = (error: unknown): boolean => INVALID.test(codeOf(error));

/** The error of a call that PostgreSQL did not carry out. */
export function explained(cause: unknown): CoatcheckError {
  if (cause instanceof CoatcheckError) return cause;
  if (!isRefused(cause)) return new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause });
  const said = cause instanceof Error ? cause.message : codeOf(cause);
  return invalid(`PostgreSQL refuses what the session store asks: ${said} (${codeOf(cause)}).`, cause);
}

/** For what somebody has to mend. */
export const invalid = (message: string, cause?: unknown): CoatcheckError =>
  new CoatcheckError("ERR_STORE_INVALID", cause === undefined ? { message } : { message, cause });

/** For a call that was not answered in time; whether it was carried out is not known. */
export const late = (limit: number): CoatcheckError =>
  new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: `PostgreSQL did not answer within ${limit} ms.` });

/** For a call after `close`. */
export const closed = (): CoatcheckError =>
  new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: "The session store is closed." });
