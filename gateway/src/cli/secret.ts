/** `coatcheck secret`: a new sealing secret. */
import { randomBytes } from "node:crypto";
import type { Command } from "./command.ts";

/** Prints a fresh secret: 32 random bytes in base64url. */
export const secret: Command = (args, { print, complain }) => {
  if (args.length > 0) {
    complain("coatcheck secret takes no arguments; it prints a fresh secret");
    return 2;
  }
  print(randomBytes(32).toString("base64url"));
  return 0;
};
