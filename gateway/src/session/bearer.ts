/** The library's bearer options, made from the settings. */
import type { BearerOptions } from "coatcheck";
import type { Settings } from "../config/config.ts";
import { omitUndefined } from "./omit-undefined.ts";

/** How the library is told of the bearer tokens that count. */
export function bearerOptions({ bearer }: Settings): BearerOptions | undefined {
  if (bearer === undefined) return undefined;
  const { jwt, introspection, realm, ambient } = bearer;
  return {
    jwt: jwt.map(omitUndefined),
    ambient,
    ...(introspection === undefined ? {} : { introspection: omitUndefined(introspection) }),
    ...(realm === undefined ? {} : { realm }),
  };
}
