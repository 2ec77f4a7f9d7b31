/** A secret that may be exchanged while it is in use. */
import type { GivenSecret } from "../contracts.ts";

/** The secret as it is now. */
export const secretNow = (given: GivenSecret): string => (typeof given === "function" ? given() : given);
