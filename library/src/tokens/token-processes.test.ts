/** A token that is revoked in one process, in another one. Own process: this file is its own child as well. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { SECRET } from "../../test-support/origin.ts";
import { withPath } from "../../test-support/stores/sqlite-paths.ts";
import { agentOf, KINDS, kindsWorld, signInBySid } from "../../test-support/token-kinds.ts";
import { FOR_PERSON, OWNER, PERSON, shown } from "../../test-support/tokens.ts";
import { sqlite } from "../stores/sqlite.ts";

const WITHIN = 30_000;

const BOUNDED = { ...KINDS, revocation: { within: WITHIN } };
const replica = (path: string, bounded: boolean, secrets = SECRET) =>
  kindsWorld({ store: sqlite(path), secrets, tokens: bounded ? BOUNDED : KINDS });

/** As a child: answers each token with its status, and each number by moving its clock so far. */
async function serve(path: string, bounded: boolean, secret?: string): Promise<void> {
  const of = replica(path, bounded, secret);
  for await (const line of createInterface(process.stdin)) {
    if (/^\d+$/.test(line)) of.clock.advance(Number(line));
    const answer = /^\d+$/.test(line) ? "moved" : String((await shown(of, line)).status);
    process.stdout.write(`${answer}\n`);
  }
  await of.auth.close();
  await of.store.close();
}

/** Another process on this file, and what it answers. */
function another(path: string, bounded: boolean) {
  const args = [import.meta.filename, "serve", path, bounded ? "bounded" : "immediate", SECRET];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async ask(line: string): Promise<string> {
      child.stdin.write(`${line}\n`);
      return String((await lines.next()).value);
    },
    [Symbol.dispose]: () => void child.stdin.end(),
  };
}

function define(): void {
  for (const bounded of [false, true]) {
    test(`S-58 another process refuses what was revoked or ended ${bounded ? "within the bound" : "at once"}`, () =>
      withPath(async (path) => {
        const of = replica(path, bounded);
        using other = another(path, bounded);
        const cookie = await signInBySid(of);
        const access = await of.auth.tokens.issue(FOR_PERSON);
        const personal = await of.auth.tokens.issuePersonal({ subject: PERSON, name: "laptop" });
        const agent = await agentOf(of, cookie);
        const tokens = [access.accessToken, personal.token, agent.accessToken];
        const statuses = async (): Promise<readonly string[]> => {
          const found: string[] = [];
          for (const token of tokens) found.push(await other.ask(token));
          return found;
        };
        const [good, bad] = [tokens.map(() => "200"), tokens.map(() => "401")];
        assert.deepEqual(await statuses(), good);
        assert.equal(await of.auth.endAll(OWNER), 4);
        if (bounded) {
          assert.deepEqual(await statuses(), good);
          await other.ask(String(WITHIN - 1));
          assert.deepEqual(await statuses(), good);
          await other.ask("1");
        }
        assert.deepEqual(await statuses(), bad);
        await of.auth.close();
        await of.store.close();
      }));
  }
}

const [role, path = "", how, secret] = process.argv.slice(2);
if (role === "serve") await serve(path, how === "bounded", secret);
else define();
