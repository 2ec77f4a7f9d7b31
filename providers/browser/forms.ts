/** The forms of a page: as much of HTML as login pages need. */
export interface Form {
  readonly action: string;
  readonly method: "GET" | "POST";
  /** Names and values as the page gives them, submit buttons left out. */
  readonly fields: ReadonlyMap<string, string>;
  /** The names of the fields by their type, the first of each. */
  readonly names: ReadonlyMap<string, string>;
}

export function formsOf(html: string): readonly Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, head = "", body = ""]) => {
    const fields = new Map<string, string>();
    const names = new Map<string, string>();
    for (const [, text = ""] of body.matchAll(/<(?:input|button)\b([^>]*)>/gi)) {
      const name = attribute(text, "name");
      if (name === undefined) continue;
      const type = (attribute(text, "type") ?? "text").toLowerCase();
      if (!names.has(type)) names.set(type, name);
      if (type === "checkbox" || type === "submit" || type === "button") continue;
      fields.set(name, attribute(text, "value") ?? "");
    }
    const method = attribute(head, "method")?.toUpperCase() === "POST" ? "POST" : "GET";
    return { action: attribute(head, "action") ?? "", method, fields, names };
  });
}

/** The form that asks for a password. */
export function loginForm(html: string): Form | undefined {
  return formsOf(html).find(isLogin);
}

/**
 * A login form, filled in. Some pages do not hide what is typed, so the password's field is known by its name as well.
 */
export function filled(form: Form, user: string, password: string): Form {
  const secret = passwordField(form) ?? "password";
  const account = [...form.fields.keys()].find((name) => name !== secret && /^(user(name)?|login|e?mail)$/i.test(name));
  if (account === undefined) throw new Error(`the login form has no field for the name: ${[...form.fields.keys()].join(", ")}`);
  return { ...form, fields: new Map([...form.fields, [account, user], [secret, password]]) };
}

const isLogin = (form: Form): boolean => passwordField(form) !== undefined;

const passwordField = ({ names, fields }: Form): string | undefined =>
  names.get("password") ?? (fields.has("password") ? "password" : undefined);

function attribute(text: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i").exec(text);
  const value = found?.[1] ?? found?.[2] ?? found?.[3];
  return value === undefined ? undefined : unescaped(value);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const unescaped = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name ?? ""] ?? whole;
  });
