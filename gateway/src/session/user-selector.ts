/** Which user is meant, or which of the three parameters is wrong. */
type UserSelector =
  | { readonly kind: "owner"; readonly owner: string }
  | { readonly kind: "wrong"; readonly name: SelectorName; readonly why: string };

/** How a user can be named. */
export type SelectorName = "owner" | "issuer" | "subject";
export const SELECTOR_NAMES: readonly SelectorName[] = ["owner", "issuer", "subject"];

/** A user by owner, or by issuer and subject, which are the owner with a space between. */
export function userSelectorOf(given: { readonly [name in SelectorName]?: string | undefined }): UserSelector {
  const { owner, issuer, subject } = given;
  const empty = SELECTOR_NAMES.find((name) => given[name]?.trim() === "");
  if (empty !== undefined) return { kind: "wrong", name: empty, why: "is empty" };
  // Else one owner could be spelt as two users.
  if (issuer !== undefined && /\s/.test(issuer)) return { kind: "wrong", name: "issuer", why: "holds white space" };
  if (owner !== undefined) {
    const other = SELECTOR_NAMES.find((name) => name !== "owner" && given[name] !== undefined);
    return other === undefined ? { kind: "owner", owner } : { kind: "wrong", name: other, why: "is given beside owner" };
  }
  if (issuer === undefined && subject === undefined) {
    return { kind: "wrong", name: "owner", why: "is missing; issuer and subject would do as well" };
  }
  if (issuer === undefined) return { kind: "wrong", name: "issuer", why: "is missing beside subject" };
  if (subject === undefined) return { kind: "wrong", name: "subject", why: "is missing beside issuer" };
  return { kind: "owner", owner: `${issuer} ${subject}` };
}
