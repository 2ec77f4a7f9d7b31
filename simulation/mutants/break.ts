import { registerHooks } from "node:module";
import type { Mutant } from "./mutant.ts";

const SOURCE = new URL(".", import.meta.resolve("coatcheck")).href;

/** From now on the library is loaded with these changes. To be called before it is loaded at all. */
export function breakEngine({ name, edits }: Mutant): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const own = edits.filter((edit) => SOURCE + edit.file === url);
      if (own.length === 0) return loaded;
      let source = String(loaded.source);
      for (const { file, find, replace } of own) {
        const parts = source.split(find);
        if (parts.length !== 2) throw new TypeError(`mutant ${name}: ${file} holds ${parts.length - 1} times: ${find}`);
        source = parts.join(replace);
      }
      return { ...loaded, source };
    },
  });
}
