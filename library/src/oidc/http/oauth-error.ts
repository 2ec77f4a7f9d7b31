/** The error of a token endpoint's answer, if it is one: RFC 6749, section 5.2. */

/** The members of an answer that is JSON by its content type, and an object. */
export function membersOf(headers: Pick<Headers, "get">, body: string): Map<string, unknown> | null {
  if (!isJson(headers)) return null;
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

/** The error code among them, if it reads like one. */
export function errorCodeOf(members: ReadonlyMap<string, unknown> | null): string | null {
  const error = members?.get("error");
  return typeof error === "string" && /^[A-Za-z0-9_.:-]{1,64}$/.test(error) ? error : null;
}

export const isJson = (headers: Pick<Headers, "get">): boolean =>
  /^application\/([a-z0-9.-]+\+)?json\b/i.test(headers.get("content-type") ?? "");
