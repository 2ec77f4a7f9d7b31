/** Where sessions are kept: in a store, or in their cookies. What follows from that is chosen here alone. */
import type { Clock, Report, SessionDirectory, SessionStore, Strategy } from "../contracts.ts";
import type { Cookies } from "../cookie/names.ts";
import { isKept } from "../core/hot-rows.ts";
import type { SessionPolicy } from "../core/policy.ts";
import type { Keyring } from "../crypto/keyring.ts";
import type { ServedSecrets } from "../crypto/served-secrets.ts";
import { hashProof, rememberingProof, type TicketProof } from "../crypto/ticket-proof.ts";
import { boundedStore, checkedStoreTimeout } from "../engine/bounded-store.ts";
import { isStateless, type Sealed, sealedParts } from "../engine/sealed/sealed.ts";
import { sealedDirectory } from "../engine/sealed/sealed-directory.ts";
import { checkSealed, warningOf } from "../options/sealed-refusals.ts";
import type { CoatcheckOptions } from "../options.ts";
import { sealedSessionStrategy } from "../strategies/sealed-session.ts";
import { sessionStrategy } from "../strategies/session.ts";

interface Parts {
  readonly clock: Clock;
  readonly keyring: Keyring;
  readonly cookies: Cookies;
  readonly policy: SessionPolicy;
  readonly report: Report;
}

interface SessionsPlace {
  readonly store: SessionStore;
  /** What can be tried of it from outside; `null`: there is nothing. */
  readonly examined: SessionStore | null;
  /** `null` while a store keeps the sessions. */
  readonly sealed: Sealed | null;
  /** The strategy that authenticates by the session's cookie. `served` is told of secrets that proved one. */
  readonly session: (served: ServedSecrets) => Strategy;
  /** What of listing and ending sessions can be done. */
  readonly directory: (all: SessionDirectory) => SessionDirectory;
  /** How long markers of a provider's logout stand, ms, if nothing else ends a session. */
  readonly notices: { readonly noticesStand?: number };
  /** Most bytes for logins in progress, if sessions take room beside them. */
  readonly loginRoom: number | undefined;
}

/** The room that is left in a `Cookie` header of 8 KiB beside the largest session (CK-06). */
const LOGIN_ROOM = 1_280;
/** As for other stores, a logout by the provider covers logins under way. */
const LONGEST_LOGIN = 3_600_000;

/** Throws `ERR_CONFIG` for settings that the place cannot keep. */
export function sessionsPlace(options: CoatcheckOptions<unknown>, parts: Parts): SessionsPlace {
  const { clock, keyring, cookies, policy, report } = parts;
  const { name } = cookies.session;
  const limit = checkedStoreTimeout(options.storeTimeout);
  const bounded = (store: SessionStore): SessionStore => boundedStore(store, clock, limit);
  if (!isStateless(options.store)) {
    const store = bounded(options.store);
    const proof = proofFor(store);
    const session = (served: ServedSecrets): Strategy => sessionStrategy({ cookie: name, policy, proof, served });
    return { store, examined: store, sealed: null, session, directory: (all) => all, notices: {}, loginRoom: undefined };
  }
  const stateless = options.store;
  checkSealed(options, stateless);
  const hint = warningOf(stateless);
  if (hint !== null) report({ name: "store.limited", level: "warn", hint });
  const { persistent } = policy;
  const { sealed, sessions } = sealedParts(stateless, { clock, keyring, spec: cookies.session, persistent, bounded });
  const session = (): Strategy =>
    sealedSessionStrategy({
      cookie: name,
      policy,
      read: (header) => sealed.cookies.read(header),
      standing: (row, now) => sessions.standing(row, now),
    });
  const directory = (all: SessionDirectory): SessionDirectory => sealedDirectory(all, stateless);
  const notices = { noticesStand: Math.max(policy.lifetime, LONGEST_LOGIN) };
  const examined = stateless.marks === null ? null : sessions;
  return { store: sessions, examined, sealed, session, directory, notices, loginRoom: LOGIN_ROOM };
}

/** The plain proof would do for every store. */
function proofFor({ capabilities }: SessionStore): TicketProof {
  return capabilities.keepsRows ? rememberingProof(hashProof, (row) => isKept(capabilities, row)) : hashProof;
}
