/** The secret in `.env`, and `.env` in `.gitignore`. What is there is never overwritten. */
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What was done to a file, in words. */
export interface Done {
  readonly file: string;
  readonly said: string;
}

const PROVIDER = `
# Your own provider. Without it coatcheck/dev signs in whom you pick, on this machine alone.
# COATCHECK_ISSUER=https://id.example.com
# COATCHECK_CLIENT_ID=
# COATCHECK_CLIENT_SECRET=
`;

/** Adds a fresh secret, unless there is one. Nobody else may read a file that is made. */
export function addSecret(directory: string): Done {
  const path = join(directory, ".env");
  const line = `COATCHECK_SECRET=${randomBytes(32).toString("base64url")}\n`;
  if (!existsSync(path)) {
    writeFileSync(path, `${line}${PROVIDER}`, { mode: 0o600, flag: "wx" });
    return { file: ".env", said: "made, with a fresh secret; keep it to yourself" };
  }
  const text = readFileSync(path, "utf8");
  if (/^\s*(?:export\s+)?COATCHECK_SECRET\s*=\s*\S/m.test(text)) return { file: ".env", said: "has a secret already, kept" };
  appendFileSync(path, `${lineBreak(text)}${line}${PROVIDER}`);
  return { file: ".env", said: "a fresh secret added; keep it to yourself" };
}

/** Sees to it that neither the secret nor sessions are committed. */
export function ignoreSecret(directory: string): Done {
  const path = join(directory, ".gitignore");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const lines = new Set(text.split(/\r?\n/).map((line) => line.trim().replace(/^\//, "")));
  const wanted = [
    [".env", [".env", "*.env", ".env*"]],
    ["sessions.db*", ["sessions.db*", "*.db*", "*.db"]],
  ] as const;
  const missing = wanted.flatMap(([name, covering]) => (covering.some((one) => lines.has(one)) ? [] : [name]));
  if (missing.length === 0) return { file: ".gitignore", said: "names .env already, kept" };
  appendFileSync(path, `${lineBreak(text)}${missing.join("\n")}\n`);
  return { file: ".gitignore", said: `names ${missing.join(" and ")}` };
}

const lineBreak = (text: string): string => (text === "" || text.endsWith("\n") ? "" : "\n");
