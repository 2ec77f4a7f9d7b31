/** Sessions as text for a terminal. */
import type { SessionInfo, TokenInfo } from "coatcheck";

type Columns<T> = readonly (readonly [title: string, value: (info: T) => string])[];

const COLUMNS: Columns<SessionInfo> = [
  ["SESSION", ({ id }) => id],
  ["SIGNED IN", ({ createdAt }) => time(createdAt)],
  ["LAST SEEN", ({ seenAt }) => time(seenAt)],
  ["ENDS IDLE", ({ idleExpiresAt }) => time(idleExpiresAt)],
  ["ENDS", ({ expiresAt }) => time(expiresAt)],
  ["BY", ({ method }) => printable(method)],
  ["ADDRESS", ({ address }) => printable(address)],
  ["USER AGENT", ({ userAgent }) => printable(userAgent)],
];

const OF_TOKENS: Columns<TokenInfo> = [
  ["TOKEN", ({ id }) => id],
  ["KIND", ({ kind }) => kind],
  ["ISSUED", ({ createdAt }) => time(createdAt)],
  ["ENDS", ({ expiresAt }) => (expiresAt === null ? "never" : time(expiresAt))],
  ["AUDIENCE", ({ audience }) => printable(audience)],
  ["SCOPE", ({ scope }) => printable(scope === "" ? null : scope)],
  ["SUBJECT", ({ subject }) => printable(subject)],
  ["CLIENT", ({ client }) => printable(client)],
  ["NAME", ({ name, actor }) => printable(name ?? actor)],
];

/** Sessions as a table for people. */
export const sessionTable = (sessions: readonly SessionInfo[]): string => tableOf(sessions, COLUMNS);

/** Tokens as a table for people. */
export const tokenTable = (tokens: readonly TokenInfo[]): string => tableOf(tokens, OF_TOKENS);

function tableOf<T>(rows: readonly T[], columns: Columns<T>): string {
  const cells = [columns.map(([title]) => title), ...rows.map((info) => columns.map(([, value]) => value(info)))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** One session, a line for each of its sides. */
export function sessionLines(info: SessionInfo): string {
  const lines = [
    ...COLUMNS.slice(0, 1).map(([title, value]) => [title, value(info)] as const),
    ["OWNER", printable(info.owner)] as const,
    ["ISSUER", printable(info.issuer)] as const,
    ...COLUMNS.slice(1).map(([title, value]) => [title, value(info)] as const),
  ];
  return lines.map(([title, value]) => `${title.toLowerCase().padEnd(12)}${value}`).join("\n");
}

/** `2026-11-20 13:39:09Z`. */
function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("T", " ").replace(/\.\d+/, "");
}

/** What came from outside, without what would steer a terminal. */
export function printable(text: string | null): string {
  return text === null ? "-" : text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}
