import type { Identity } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { ownerOf } from "../core/record.ts";
import { ownerMark } from "./marks.ts";
import type { EngineOptions } from "./options.ts";

/** Ends every session of an owner. The mark comes first and the looking second, so that a login on its way sees one of the two. */
export async function endAll<Data>(
  { store, clock, entropy, policy, report }: EngineOptions<Data>,
  whose: string | Pick<Identity, "issuer" | "subject">,
): Promise<number> {
  const owner = typeof whose === "string" ? whose : ownerOf(whose);
  const now = clock.now();
  const value = Buffer.from(entropy.bytes(9)).toString("base64url");
  try {
    await store.mark(ownerMark(owner), now + policy.lifetime, now, value);
    const ended = await store.end({ owner }, "elsewhere", now);
    for (const sessionId of ended) report({ name: "session.ended", level: "info", reason: "elsewhere", owner, sessionId });
    return ended.length;
  } catch (cause) {
    report({ name: "store.failed", level: "error", reason: "write", error: cause });
    throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause });
  }
}
