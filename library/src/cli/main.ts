#!/usr/bin/env node
/**
 * The library's command. What only the gateway can do it leaves to the gateway, which has a command of the same name.
 */
import { randomBytes } from "node:crypto";

const HELP = `coatcheck secret    prints a fresh secret: 32 random bytes in base64url

Everything else is a command of the gateway: npx coatcheck-gateway --help`;

const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const complain = (text: string): boolean => process.stderr.write(`${text}\n`);

/** Answers the exit status. */
function run([command, ...rest]: readonly string[]): number {
  if (command === undefined || command === "--help" || command === "-h" || command === "help") {
    print(HELP);
    return 0;
  }
  if (command !== "secret") {
    complain(`coatcheck: ${command} is no command of the library\n  Is it one of the gateway?  npx coatcheck-gateway ${command}`);
    return 2;
  }
  if (rest.length > 0) {
    complain("coatcheck secret takes no arguments; it prints a fresh secret");
    return 2;
  }
  print(randomBytes(32).toString("base64url"));
  return 0;
}

process.exitCode = run(process.argv.slice(2));
