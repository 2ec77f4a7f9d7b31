/** The library's engine and its exchange, as the gateway uses them: types only. */
import type { JsonObject } from "coatcheck";
import type * as adapter from "coatcheck/adapter";

export type Engine = adapter.Engine<JsonObject>;
export type Exchange = adapter.Exchange<JsonObject>;
