/** Colours of a brand, so that what is written with them can be read (WCAG 2.2, 1.4.3). */

type Rgb = readonly [red: number, green: number, blue: number];

const CONTRAST = 4.5;
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];

export const isColor = (text: unknown): text is string => typeof text === "string" && /^#[0-9a-f]{6}$/i.test(text);

/** How an accent is used on a background. */
interface Accent {
  /** Behind the words of a button. */
  readonly accent: string;
  /** Those words. */
  readonly on: string;
  /** Words on the background: the accent, or as much of it as can be read there. */
  readonly link: string;
}

/** Fits an accent to the background of the words beside it. */
export function fitted(accent: string, background: string): Accent {
  const color = parsed(accent);
  const behind = parsed(background);
  const on = contrast(color, WHITE) >= contrast(color, BLACK) ? "#ffffff" : "#000000";
  const towards = contrast(behind, BLACK) > contrast(behind, WHITE) ? BLACK : WHITE;
  let link = color;
  for (let part = 0.05; part < 1 && contrast(link, behind) < CONTRAST; part += 0.05) link = mixed(color, towards, part);
  return { accent, on, link: written(link) };
}

const parsed = (text: string): Rgb => [
  Number.parseInt(text.slice(1, 3), 16),
  Number.parseInt(text.slice(3, 5), 16),
  Number.parseInt(text.slice(5, 7), 16),
];

const written = (color: Rgb): string => `#${color.map((one) => one.toString(16).padStart(2, "0")).join("")}`;

/** Rounded at once, so that what is measured is what is shown. */
function mixed([r, g, b]: Rgb, [red, green, blue]: Rgb, part: number): Rgb {
  const between = (from: number, to: number): number => Math.round(from + (to - from) * part);
  return [between(r, red), between(g, green), between(b, blue)];
}

function contrast(one: Rgb, other: Rgb): number {
  const [light, dark] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((one) => {
    const part = one / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
