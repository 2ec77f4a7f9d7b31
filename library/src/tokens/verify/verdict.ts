/** What a live token of ours says of who shows it. */
import type { TokenVerdict } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { seenBy } from "../family-row.ts";
import type { Found } from "./look-up.ts";

interface Good {
  /** When the credential runs out, which may be before its row. */
  readonly expires: number;
  readonly scope: string;
}

/** Its subject, with what the app decides by among the claims: `scope`, `client_id`, and `act` of an agent's. */
export function validBy({ row, family, fresh }: Found, { expires, scope }: Good, now: number): TokenVerdict {
  const { identity, owner, terms, actor, name } = family;
  const act = omitUndefined({ act: actor === null ? undefined : { ...actor } });
  const claims = { ...identity.claims, aud: terms.audience, client_id: terms.client, scope, ...act };
  const seen = name !== null && fresh ? seenBy(row, now) : undefined;
  const by = { id: row.id, ...omitUndefined({ seen }) };
  return { kind: "valid", identity: { ...identity, claims }, owner, expires, scope, row: by };
}
