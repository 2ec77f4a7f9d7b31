/** Settings of signing out. */
import { flag, integer } from "./kinds.ts";
import { fallback, object } from "./shape.ts";

export const maxPendingEndings = fallback(
  integer(0, 10_000_000),
  "Most logouts and other endings of a process that wait for a store which does not take them; they are tried again until they are done.",
  10_000,
);

export const frontchannelLogout = object({
  enabled: fallback(
    flag,
    "Whether `GET frontchannel-logout` is taken, in a frame of the provider's. Whoever knows a `sid` can end its session there; the back channel is the better one.",
    false,
    { env: "COATCHECK_FRONTCHANNEL_LOGOUT" },
  ),
  maxMarkers: fallback(
    integer(0, 10_000_000),
    "Most markers within an hour, in each process, for sessions that are not here; past it 503. Sessions that exist end all the same.",
    10_000,
  ),
});
