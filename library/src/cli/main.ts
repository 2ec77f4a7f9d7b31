#!/usr/bin/env node
/**
 * The library's command. What only the gateway can do it leaves to the gateway, which has a command of the same name.
 */
import { randomBytes } from "node:crypto";
import type { Terminal } from "./terminal.ts";

const HELP = `coatcheck secret             prints a fresh secret: 32 random bytes in base64url
coatcheck init               begins in this folder: a secret in .env, the code for your framework, what to register
coatcheck doctor [MODULE]    tries provider, clock, cookies, proxy and store of the app whose module exports auth; --json

Everything else is a command of the gateway: npx coatcheck-gateway --help`;

const terminal: Terminal = {
  print: (text) => process.stdout.write(`${text}\n`),
  complain: (text) => process.stderr.write(`${text}\n`),
};

function said(say: Terminal["print"], text: string, status: number): number {
  say(text);
  return status;
}

/** Answers the exit status. What a command alone needs is loaded with it. */
async function run([command, ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case undefined:
    case "--help":
    case "-h":
    case "help":
      return said(terminal.print, HELP, 0);
    case "secret":
      if (rest.length === 0) return said(terminal.print, randomBytes(32).toString("base64url"), 0);
      return said(terminal.complain, "coatcheck secret takes no arguments; it prints a fresh secret", 2);
    case "init":
      return (await import("./init/init.ts")).init(rest, terminal);
    case "doctor":
      return (await import("./doctor.ts")).doctor(rest, terminal);
    default: {
      const remedy = `Is it one of the gateway?  npx coatcheck-gateway ${command}`;
      return said(terminal.complain, `coatcheck: ${command} is no command of the library\n  ${remedy}`, 2);
    }
  }
}

process.exitCode = await run(process.argv.slice(2));
