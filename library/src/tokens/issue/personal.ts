/** Makes personal access tokens. */
import type { PersonalToken, PersonalTokenRequest, SessionRow } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { isPersonal } from "../../core/record.ts";
import { mintTicket } from "../../crypto/ticket.ts";
import { endSessions } from "../../engine/lifecycle/end-sessions.ts";
import { storeCall } from "../../engine/lifecycle/store-call.ts";
import { familyRow, NEVER } from "../family-row.ts";
import { forbidden, type IssueOptions, personOf } from "../issue.ts";
import { personalTerms } from "../options/personal.ts";
import { spelled } from "../verify/personal-token.ts";
import { allowedScope } from "./allow.ts";
import { storeNew } from "./store-new.ts";

const MOST = 1_000;

/** As `auth.tokens.issuePersonal`. */
export function personalIssuer(options: IssueOptions): (request: PersonalTokenRequest) => Promise<PersonalToken> {
  const { tokens, issuer, store, clock, entropy, report } = options;
  const { personal } = tokens;

  /** The personal tokens of an owner, the oldest first. Within a millisecond the ids decide, on every replica alike. */
  async function existing(owner: string): Promise<readonly SessionRow[]> {
    for (let most = MOST; ; most *= 4) {
      const rows = await store.list({ owner }, most, clock.now());
      if (rows.length === most) continue;
      return rows.filter(isPersonal).sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
    }
  }

  /** Ends it if others took the room at the same time: all write first, and look second. */
  async function withinLimit(row: SessionRow, owner: string, most: number): Promise<boolean> {
    const place = (await existing(owner)).findIndex(({ id }) => id === row.id);
    if (place < most) return true;
    await endSessions(options, { id: row.id }, "replaced", clock.now(), { rows: [row] });
    return false;
  }

  return async (request) => {
    if (personal === null)
      throw new TypeError("tokens.personal is not configured: coatcheck({ tokens: { personal: { … } }, … })");
    const now = clock.now();
    const { audience, prefix, maxPerUser } = personal;
    const { name, scope, lifetime } = personalTerms(request, personal, tokens.audiences.get(audience)?.scope ?? []);
    const whose = personOf(request.subject, request.owner, now);
    const { identity, owner } = whose;
    const terms = { audience, scope, client: issuer };
    const allowed = await allowedScope(options, { kind: "personal", owner, identity, ...terms, refresh: false });
    if (allowed !== scope) throw forbidden("The app does not allow this user such a token.");
    if ((await storeCall(report, existing(owner), "read")).length >= maxPerUser) throw new CoatcheckError("ERR_TOO_MANY_TOKENS");
    const expires = lifetime === null ? NEVER : now + lifetime;
    const { secret, ...minted } = mintTicket(entropy, expires);
    const { id, secretHash } = minted;
    const family = { ...whose, terms, chain: null, parent: null, actor: null, name };
    const row = familyRow({ id, secretHash, created: now, expires }, family);
    await storeNew(options, row, family);
    if (!(await storeCall(report, withinLimit(row, owner, maxPerUser)))) throw new CoatcheckError("ERR_TOO_MANY_TOKENS");
    return { id, token: spelled(prefix, { id, secret }), name, scope, expiresAt: lifetime === null ? null : expires };
  };
}
