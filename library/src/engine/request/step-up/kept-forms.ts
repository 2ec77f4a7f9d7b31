/** Forms that met a step-up: kept while their user signs in again, and let through once. */
import type { Clock, Entropy, Report, RequestView, SessionStore } from "../../../contracts.ts";
import type { Keyring } from "../../../crypto/keyring.ts";
import { storeCall } from "../../lifecycle/store-call.ts";

/** What forms are kept with. */
interface FormKeeping {
  readonly store: Pick<SessionStore, "mark" | "marked">;
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly clock: Pick<Clock, "now">;
  readonly entropy: Entropy;
}

/** A form as it was sent. */
interface KeptForm {
  readonly target: string;
  readonly body: string;
}

/** Longer ones, and those with files, are not kept. */
const MOST_BYTES = 65_536;
/** As long as a login may take. */
const KEPT_FOR = 15 * 60_000;
const PARAMETER = "coatcheck_form";
const ID = /^[\w-]{22}$/;
/** A path of this host. With two slashes, or one that leans the other way, browsers take it for the name of another. */
const OWN_PATH = /^\/(?![/\\])/;

const keptKey = (id: string): string => `form:${id}`;
const sentKey = (id: string): string => `form-sent:${id}`;

/** Keeps the form of this request for its user. Answers its id; `null`: it cannot be kept. Never rejects. */
export async function keepForm(request: RequestView, owner: string, keeping: FormKeeping): Promise<string | null> {
  const { store, keyring, clock, entropy } = keeping;
  const type = request.header("content-type") ?? "";
  if (request.method !== "POST" || !OWN_PATH.test(request.target) || !/^application\/x-www-form-urlencoded\b/i.test(type))
    return null;
  try {
    const body = await request.sent?.(MOST_BYTES);
    if (body === undefined || body === null) return null;
    const id = Buffer.from(entropy.bytes(16)).toString("base64url");
    const form: KeptForm = { target: withoutForm(request.target), body };
    const now = clock.now();
    await store.mark(keptKey(id), now + KEPT_FOR, now, keyring.seal("form", JSON.stringify(form), owner));
    return id;
  } catch {
    // The client broke off, or the store does not answer: the user is told that it is not kept.
    return null;
  }
}

/** The form that was kept for this user, `"sent"` if it is through; `null`: there is none. */
async function keptForm(
  id: string,
  owner: string,
  { store, keyring, clock }: Omit<FormKeeping, "entropy">,
): Promise<KeptForm | "sent" | null> {
  if (!ID.test(id)) return null;
  const now = clock.now();
  const sealed = await store.marked(keptKey(id), now);
  const opened = sealed === undefined ? undefined : keyring.open("form", sealed, owner);
  if (opened?.kind !== "opened") return null;
  if ((await store.marked(sentKey(id), now)) !== undefined) return "sent";
  const form: KeptForm = JSON.parse(opened.plaintext);
  return form;
}

/** A form that was kept, as a page can send it. */
interface FormToSend {
  readonly action: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Finds forms for the page that sends them. A failure of the store is `ERR_STORE_UNAVAILABLE`. */
export function formFinder(keeping: Omit<FormKeeping, "entropy"> & { readonly report: Report }) {
  return async (id: string, owner: string): Promise<FormToSend | "sent" | null> => {
    const form = await storeCall(keeping.report, keptForm(id, owner, keeping), "read");
    if (form === null || form === "sent") return form;
    const { target, body } = form;
    const action = `${target}${target.includes("?") ? "&" : "?"}${PARAMETER}=${id}`;
    return { action, fields: [...new URLSearchParams(body)] };
  };
}

/** The kept form that this request sends; `null`: it sends none. */
export function formIn({ method, target }: RequestView): string | null {
  if (method !== "POST" || !target.includes(PARAMETER)) return null;
  return queryOf(target).get(PARAMETER);
}

/** Whether this is the first time that the form is sent, by this user. */
export async function isFirst(id: string, owner: string, keeping: Omit<FormKeeping, "entropy">): Promise<boolean> {
  const { store, clock } = keeping;
  // What was never kept, or for another user, is a parameter of the app's.
  if ((await keptForm(id, owner, keeping)) === null) return true;
  const now = clock.now();
  return store.mark(sentKey(id), now + KEPT_FOR, now);
}

function withoutForm(target: string): string {
  if (!target.includes(PARAMETER)) return target;
  const query = queryOf(target);
  query.delete(PARAMETER);
  const path = target.slice(0, target.indexOf("?"));
  return query.size === 0 ? path : `${path}?${query}`;
}

function queryOf(target: string): URLSearchParams {
  const at = target.indexOf("?");
  return new URLSearchParams(at === -1 ? "" : target.slice(at + 1));
}
