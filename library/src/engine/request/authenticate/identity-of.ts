/** Whose a request is: what was recorded last, a proxy's word, the session, another credential. */
import type { Identity, ProvenSession, Verdict } from "../../../contracts.ts";
import type { Draft } from "../../../core/draft.ts";
import type { Body } from "../../lifecycle/record-body.ts";
import type { Asserted } from "./authenticate.ts";

interface Known {
  readonly draft: Draft;
  readonly verdict: Verdict;
  readonly asserted: Asserted | null;
  readonly body: Body | null;
}

/** The user's identity; `null` for an anonymous caller. */
export function identityOf({ draft, verdict, asserted, body }: Known): Identity | null {
  if (draft.login !== null) return draft.login.identity;
  if (draft.logout) return null;
  if (asserted !== null) return asserted.identity;
  if (body !== null) return body.identity;
  return verdict.kind === "principal" ? verdict.principal.identity : null;
}

/** By whom sessions are counted, listed and ended; `null` for an anonymous caller. */
export function ownerIn({
  draft,
  verdict,
  asserted,
  proven,
}: Omit<Known, "body"> & { readonly proven: ProvenSession | null }): string | null {
  if (draft.login !== null) return draft.login.owner;
  if (draft.logout) return null;
  if (asserted !== null) return asserted.owner;
  if (verdict.kind === "principal") return verdict.principal.owner;
  return proven?.row.owner ?? null;
}
