/** Loaded before a program that knows nothing of being measured: it answers how much processor time it has used. */
import { answer } from "../harness/talk.ts";
import { cpuMicros } from "./serving.ts";

answer(() => cpuMicros());
// The program ends when it would have ended.
process.channel?.unref();
