/** Which of several public origins a request came to. */
import { CoatcheckError } from "../core/errors.ts";

/** Of several configured origins the one whose host was asked for, exactly. Throws `ERR_MISDIRECTED` if none is. */
export function pickOrigin(host: string | undefined, origins: readonly string[]): string {
  const [only, ...more] = origins;
  if (only !== undefined && more.length === 0) return only;
  const found = origins.find((origin) => new URL(origin).host === host?.toLowerCase());
  if (found === undefined) throw new CoatcheckError("ERR_MISDIRECTED");
  return found;
}
