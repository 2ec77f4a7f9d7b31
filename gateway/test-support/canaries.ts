/** Secrets that a test lets fly, and looks for afterwards where none may be, in whatever encoding. */
export class Canaries {
  readonly #forms = new Map<string, string>();

  /** `name` is what a failing test says. Short ones would be found by chance. */
  add(name: string, secret: string): void {
    if (secret.length < 16) throw new RangeError(`${name} is too short for a canary`);
    // A piece gives away as much as the whole; what is cut off still counts.
    for (let start = 0; start + 16 <= secret.length; start += 16) {
      const piece = secret.slice(start, start + 20);
      for (const form of formsOf(piece)) this.#forms.set(form, `${name} (${piece})`);
    }
  }

  get size(): number {
    return this.#forms.size;
  }

  /** The names of those that are in the text. */
  foundIn(text: string): readonly string[] {
    const folded = text.toLowerCase();
    return [...new Set([...this.#forms].flatMap(([form, name]) => (text.includes(form) || folded.includes(form) ? [name] : [])))];
  }
}

/** Raw, percent-encoded, hexadecimal, and base64 at each of the three places where it can begin within other bytes. */
function formsOf(piece: string): readonly string[] {
  const bytes = Buffer.from(piece);
  const encoded = [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
    // The first characters and the last depend on what stands around.
    const stable = (text: string): string => text.replace(/=+$/, "").slice(shift === 0 ? 0 : shift + 1, -2);
    return [stable(whole.toString("base64")), stable(whole.toString("base64url"))];
  });
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  return [...new Set([piece, encodeURIComponent(piece), bytes.toString("hex"), percent, ...encoded])];
}
