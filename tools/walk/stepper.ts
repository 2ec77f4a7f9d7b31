/** A worker that steps the main thread with its debugger: from statement to statement, and into every call. */
import type { Debugger } from "node:inspector";
import { Session } from "node:inspector/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { Followed, Frame, Pause } from "./pause.ts";

const { sources, until }: Followed = workerData;
const session = new Session();
const urls = new Map<string, string>();
const endings = new Map<string, ReadonlySet<string>>();
const pauses: Pause[] = [];

const placeOf = ({ lineNumber, columnNumber = 0 }: Debugger.Location): string => `${lineNumber}:${columnNumber}`;
const urlOf = ({ location, url }: Debugger.CallFrame): string => urls.get(location.scriptId) ?? url;

/** The places of a script at which a function is over. */
async function endingsOf(scriptId: string): Promise<ReadonlySet<string>> {
  const known = endings.get(scriptId);
  if (known !== undefined) return known;
  const start = { scriptId, lineNumber: 0, columnNumber: 0 };
  const { locations } = await session.post("Debugger.getPossibleBreakpoints", { start });
  const found = new Set(locations.filter(({ type }) => type === "return").map(placeOf));
  endings.set(scriptId, found);
  return found;
}

function frameOf(frame: Debugger.CallFrame): Frame {
  const { functionName: name, functionLocation: at, scopeChain } = frame;
  const scope = scopeChain.find(({ type, endLocation }) => type === "local" && endLocation !== undefined);
  const lines = (scope?.endLocation?.lineNumber ?? 0) - (scope?.startLocation?.lineNumber ?? 0) + 1;
  const file = urlOf(frame).slice(sources.length).replace(/\.ts$/, "");
  return { file, name, line: (at?.lineNumber ?? 0) + 1, column: at?.columnNumber ?? 0, lines };
}

async function paused({ callFrames }: Debugger.PausedEventDataType): Promise<void> {
  const [top] = callFrames;
  if (top === undefined || top.functionName === until) {
    await session.post("Debugger.disable");
    parentPort?.postMessage(pauses);
    return;
  }
  // The fields of a class are no function that a reader goes into.
  if (urlOf(top).startsWith(sources) && !top.functionName.endsWith("_initializer>")) {
    const frames = callFrames.filter((frame) => urlOf(frame).startsWith(sources)).map(frameOf);
    const over = (await endingsOf(top.location.scriptId)).has(placeOf(top.location));
    pauses.push({ frames: frames.toReversed(), over });
  }
  await session.post("Debugger.stepInto");
}

// While it listens it stays: answers of the debugger alone do not keep a worker alive.
parentPort?.on("message", () => undefined);
session.connectToMainThread();
session.on("Debugger.scriptParsed", ({ params }) => void urls.set(params.scriptId, params.url));
session.on("Debugger.paused", ({ params }) => void paused(params));
await session.post("Debugger.enable");
await session.post("Debugger.setBlackboxPatterns", { patterns: ["^node:", "/node_modules/", "^$"] });
await session.post("Debugger.pause");
parentPort?.postMessage("begin");
