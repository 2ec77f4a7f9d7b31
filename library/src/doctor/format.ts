/** Findings as a person reads them. */
import type { Finding } from "./finding.ts";

const MARKS: { readonly [outcome in Finding["outcome"]]: string } = { ok: " ok ", warn: "warn", fail: "FAIL", unknown: " ?? " };

/**
 * One line for each finding, the remedy below it, and how it ends.
 *
 * @example
 * ```ts
 * import { examine, formatFindings } from "coatcheck/doctor";
 * console.log(formatFindings(await examine(auth)));
 * ```
 */
export function formatFindings(found: readonly Finding[]): string {
  const lines = found.flatMap(({ check, subject, outcome, said, remedy }) => [
    `${MARKS[outcome]}  ${[check, subject].filter((part) => part !== "" && part !== "default").join(" ")}: ${said}`,
    ...(remedy === undefined || outcome === "ok" ? [] : [`      ${remedy}`]),
  ]);
  const failed = found.filter(({ outcome }) => outcome === "fail").length;
  const end =
    failed === 0
      ? "Nothing is wrong that can be told from here."
      : failed === 1
        ? "One thing to mend."
        : `${failed} things to mend.`;
  return [...lines, "", end].join("\n");
}
