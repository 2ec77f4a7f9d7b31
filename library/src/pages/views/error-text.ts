/** What an error code means, in the language of a page. */
import type { ErrorCode } from "../../contracts.ts";
import { ERRORS } from "../../core/errors.ts";
import type { Language } from "../languages.ts";
import { ENGLISH, type WordKey } from "../words/english.ts";

const isText = (key: string): key is WordKey => Object.hasOwn(ENGLISH, key);

/** In English for a code that pages seldom have. */
export function errorText({ text }: Language, code: ErrorCode): string {
  const key = `error.${code}`;
  return isText(key) ? text(key) : ERRORS[code].message;
}
