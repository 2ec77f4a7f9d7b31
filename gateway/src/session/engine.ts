/** The library's engine and its exchange, as the gateway uses them: types only. */
import type { Auth, JsonObject } from "coatcheck";

export type Engine = Auth<JsonObject>["engine"];
export type Exchange = Awaited<ReturnType<Engine["open"]>>;
