/** What a person calls the browser that a `User-Agent` names. */

interface Browser {
  readonly name: string;
  readonly system: string | null;
}

/** The first that fits: most browsers name those that they want to be taken for as well. */
const BROWSERS: readonly (readonly [sign: RegExp, name: string])[] = [
  [/\b(?:Edg|EdgA|EdgiOS)\//, "Edge"],
  [/\b(?:OPR|OPiOS)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:Headless)?(?:Chrome|Chromium|CriOS)\//, "Chrome"],
  [/\bVersion\/[\d.]+ .*\bSafari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [sign: RegExp, name: string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b|\bX11\b/, "Linux"],
];

const LONGEST = 512;
const LONGEST_NAME = 60;

/** The browser and its system; what is no browser by its first word, as `curl/8.5.0`. `null`: nothing is known. */
export function browserIn(userAgent: string | null | undefined): Browser | null {
  const text = (userAgent ?? "").slice(0, LONGEST).trim();
  if (text === "") return null;
  const found = (list: typeof BROWSERS) => list.find(([sign]) => sign.test(text))?.[1];
  const name = found(BROWSERS) ?? text.split(/[\s/]/, 1)[0]?.slice(0, LONGEST_NAME) ?? "";
  return name === "" ? null : { name, system: found(SYSTEMS) ?? null };
}
