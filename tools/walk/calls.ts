/** From the places at which a debugger held a program to the calls that it made, in their order. */
import type { Frame, Pause } from "./pause.ts";

/** One call of a function, and what happened in it, in order. */
export interface Call extends Frame {
  /** The calls that it made, and `null` where it went on by itself. */
  readonly happened: (Call | null)[];
}

interface Open {
  readonly call: Call;
  /** Of a call that is over: what comes next at its place is another. */
  over: boolean;
}

const isOf = (call: Frame, frame: Frame): boolean =>
  call.file === frame.file && call.line === frame.line && call.column === frame.column;

/** The calls that were made from outside of the sources. */
export function callsOf(pauses: readonly Pause[]): readonly Call[] {
  const outermost: Call[] = [];
  // Async functions that wait: they come back without their callers.
  const waiting: Open[] = [];
  let stack: readonly Open[] = [];
  for (const { frames, over } of pauses) {
    let same = 0;
    while (same < frames.length && goesOn(stack[same], frames[same])) same++;
    waiting.push(...stack.slice(same).filter((open) => !open.over));
    const next = stack.slice(0, same);
    for (const frame of frames.slice(same)) {
      const resumed = next.length === 0 ? waiting.findIndex(({ call }) => isOf(call, frame)) : -1;
      const [open = begun(frame, next.at(-1)?.call.happened ?? outermost)] = resumed === -1 ? [] : waiting.splice(resumed, 1);
      next.push(open);
    }
    const innermost = next.at(-1);
    if (innermost !== undefined) innermost.over = over;
    if (!over) innermost?.call.happened.push(null);
    stack = next;
  }
  return outermost;
}

function goesOn(open: Open | undefined, frame: Frame | undefined): boolean {
  return open !== undefined && frame !== undefined && !open.over && isOf(open.call, frame);
}

function begun(frame: Frame, happened: (Call | null)[]): Open {
  const call: Call = { ...frame, happened: [] };
  happened.push(call);
  return { call, over: false };
}
