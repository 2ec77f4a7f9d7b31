/** The engine behind the interface that adapters see, for tests that look inside. */
import * as inside from "../../src/engine/engine.ts";
import type { EngineOptions } from "../../src/engine/request/options.ts";
import type { HasEngine } from "../../src/http/auth.ts";

export const engineOf = <Data>({ engine }: HasEngine<Data>): inside.RequestEngine<Data> => inside.engineIn(engine);

export const optionsOf = <Data>({ engine }: HasEngine<Data>): EngineOptions<Data> => inside.optionsOf(engine);
