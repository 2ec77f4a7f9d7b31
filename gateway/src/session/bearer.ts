/** The library's bearer options, made from the settings. */
import type { BearerOptions } from "coatcheck";
import { omitUndefined } from "coatcheck/settings";
import type { Settings } from "../config/config.ts";
import type { LiveSettings } from "./live-settings.ts";
import { omitUnset } from "./omit-unset.ts";

/** How the library is told of the bearer tokens that count. */
export function bearerOptions({ bearer }: Settings, live: LiveSettings): BearerOptions | undefined {
  if (bearer === undefined) return undefined;
  const { jwt, introspection, realm, ambient } = bearer;
  const clientSecret = (): string => live.now.bearer?.introspection?.clientSecret ?? "";
  return {
    jwt: jwt.map(omitUnset),
    ambient,
    ...omitUndefined({ introspection: introspection && { ...omitUnset(introspection), clientSecret }, realm }),
  };
}
