/** Plain http on a private network (S-68): only if the setting says so, and said at each start. */
import { isLoopback } from "../kinds/network-kinds.ts";
import type { Problem } from "../sources/place.ts";

interface Settings {
  readonly publicUrl: readonly string[];
  readonly plainHttp: "loopback" | "private-network";
}

/** The first public origin whose cookies others can read. */
export function plainOrigin({ publicUrl }: Pick<Settings, "publicUrl">): string | undefined {
  return publicUrl.find((origin) => origin.startsWith("http:") && !isLoopback(new URL(origin).hostname));
}

/** Refuses it unless it was asked for. */
export function ofPlainHttp(settings: Settings): Problem[] {
  const plain = plainOrigin(settings);
  if (plain === undefined || settings.plainHttp === "private-network") return [];
  const lines = [
    "Session cookies would cross the network readable. Use https; docs/guides/https-at-home.md shows it in ten lines.",
    "If everyone on this private network is trusted:  COATCHECK_PLAIN_HTTP=private-network (plainHttp)",
  ];
  return [{ headline: `publicUrl has ${plain}: http where others can listen`, lines }];
}

/** Said at each start. */
export function httpWarning(settings: Pick<Settings, "publicUrl">): readonly string[] {
  const plain = plainOrigin(settings);
  if (plain !== undefined)
    return [
      `${plain} is plain http on a private network: whoever is on it can read the cookies and take sessions over. docs/guides/https-at-home.md shows TLS in ten lines.`,
    ];
  return settings.publicUrl.some((origin) => origin.startsWith("http:"))
    ? ["http on a loopback address: cookies go without Secure. Use https before anyone else can reach this."]
    : [];
}
