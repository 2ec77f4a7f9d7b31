/** Settings of signing out. */

import type { Kind } from "./kinds/kind.ts";
import { flag, integer, shown } from "./kinds/kinds.ts";
import { fallback, object } from "./kinds/shape.ts";

/** A page that browsers are sent to: a path of the own origin, or a URL elsewhere. */
export const landing: Kind<string> = {
  label: "a path, or a URL",
  schema: { type: "string", minLength: 1 },
  read(raw, place) {
    const text = typeof raw === "string" ? raw.trim() : "";
    const path = /^\/(?![/\\])/.test(text);
    if ((path || /^https?:\/\//i.test(text)) && URL.canParse(text, "https://app.example.com")) return text;
    return place.fail(`is ${shown(raw)}, which is no page`, "A path as /goodbye, or a URL as https://www.example.com/goodbye.");
  },
};

export const maxPendingEndings = fallback(
  integer(0, 10_000_000),
  "Most logouts and other endings of a process that wait for an unavailable store; they are retried until stored.",
  10_000,
);

export const frontchannelLogout = object({
  enabled: fallback(
    flag,
    "Whether `GET frontchannel-logout` is taken, in a frame of the provider's. A caller who knows a `sid` can end its session there; the back channel is the better one.",
    false,
    { env: "COATCHECK_FRONTCHANNEL_LOGOUT" },
  ),
  maxMarkers: fallback(
    integer(0, 10_000_000),
    "Most logout markers within an hour, in each process, for unknown sessions; past it 503. Sessions that exist end all the same.",
    10_000,
  ),
});
