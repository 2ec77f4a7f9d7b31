import type { BearerOptions } from "coatcheck";
import type { Settings } from "../config/config.ts";
import { given } from "./omit-undefined.ts";

/** How the library is told of the bearer tokens that count. */
export function bearerOptions({ bearer }: Settings): BearerOptions | undefined {
  if (bearer === undefined) return undefined;
  const { jwt, introspection, realm, ambient } = bearer;
  return {
    jwt: jwt.map(given),
    ambient,
    ...(introspection === undefined ? {} : { introspection: given(introspection) }),
    ...(realm === undefined ? {} : { realm }),
  };
}
