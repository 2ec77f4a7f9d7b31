/** Who is signed in while speed is measured: the same people, with the same claims and data, for every library. */

export interface Person {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: {
    readonly name: string;
    readonly email: string;
    readonly email_verified: boolean;
    readonly picture: string;
    readonly locale: string;
    readonly groups: readonly string[];
  };
}

/** Of one length for all users, so that all answers are equally long. */
export function subjectOf(index: number): string {
  return `user-${String(index).padStart(6, "0")}`;
}

export function personOf(index: number): Person {
  const subject = subjectOf(index);
  return {
    issuer: "https://id.example.com",
    subject,
    claims: {
      name: `Person number ${index}`,
      email: `${subject}@example.com`,
      email_verified: true,
      picture: `https://img.example.com/people/${subject}/portrait-256x256.jpg`,
      locale: "en-GB",
      groups: ["engineering", "on-call", "release-managers", "everybody"],
    },
  };
}

/** What an app keeps with a session; with identity and claims about 774 characters of JSON. */
export function dataOf(index: number): { readonly [key: string]: string | number | readonly string[] } {
  return {
    theme: "dark",
    cart: ["sku-10293847", "sku-56473829", "sku-91827364"],
    lastPages: ["/projects/alpha/boards/7", "/projects/beta/reports?from=2025-01-01&to=2025-03-31", "/settings/notifications"],
    draft: `A note that person ${index} has begun and not finished yet.`,
    visits: index % 97,
  };
}
