/** One thing that is wrong with the configuration, in the words that the operator reads. */
export interface Problem {
  /** One line: what is wrong. Never holds a secret. */
  readonly headline: string;
  /** Where it was set, what would be right, what to do. */
  readonly lines: readonly string[];
}

/** The sources that set values, and how else these may be given. */
interface Origins {
  /** `COATCHECK_IDLE`, `--idle`, `coatcheck.config.yaml`; by dotted path. */
  readonly given: ReadonlyMap<string, string>;
  /** The environment variable of a path, if it has one. */
  readonly variables: ReadonlyMap<string, string>;
  /** The directory that relative file names start from. */
  readonly directory: string;
  /** Called with the name of each file that a secret was read from. */
  readonly onSecretFile?: (name: string) => void;
}

/** `["upstreams", 0, "url"]` as people write it: `upstreams[0].url`. */
export function keyOf(path: readonly (string | number)[]): string {
  let key = "";
  for (const step of path) key += typeof step === "number" ? `[${step}]` : key === "" ? step : `.${step}`;
  return key;
}

/** A spot in the configuration that is being read; problems are reported against it. */
export class Place {
  readonly path: readonly (string | number)[];
  readonly problems: Problem[];
  readonly #origins: Origins;

  constructor(origins: Origins, path: readonly (string | number)[] = [], problems: Problem[] = []) {
    this.#origins = origins;
    this.path = path;
    this.problems = problems;
  }

  get directory(): string {
    return this.#origins.directory;
  }

  /** A secret here was read from this file. */
  noteSecretFile(name: string): void {
    this.#origins.onSecretFile?.(name);
  }

  get key(): string {
    return keyOf(this.path);
  }

  child(step: string | number): Place {
    return new Place(this.#origins, [...this.path, step], this.problems);
  }

  /** `COATCHECK_SECRET (secrets[0])`: the variable and the key. */
  get name(): string {
    const { variable } = this;
    return variable === undefined ? this.key : `${variable} (${this.key})`;
  }

  /** What set this value: the nearest of its path that something was noted for. */
  get given(): string | undefined {
    return this.#nearest(this.#origins.given);
  }

  /** The environment variable that could set this value. */
  get variable(): string | undefined {
    return this.#nearest(this.#origins.variables);
  }

  #nearest(map: ReadonlyMap<string, string>): string | undefined {
    for (let length = this.path.length; length > 0; length--) {
      const found = map.get(keyOf(this.path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Reports that the value here is wrong. Answers `undefined`, so that kinds can return it. */
  fail(wrong: string, ...right: readonly string[]): undefined {
    this.problems.push({ headline: `${this.key} ${wrong}`, lines: [...right, this.#whence()] });
    return undefined;
  }

  /** The same with a headline of its own. */
  failAs(headline: string, ...lines: readonly string[]): undefined {
    this.problems.push({ headline, lines });
    return undefined;
  }

  #whence(): string {
    const { given, variable } = this;
    if (given === undefined) return variable === undefined ? "Set it in the file." : `Set ${variable}, or the key in the file.`;
    if (variable === undefined || given === variable) return `It was set by ${given}.`;
    return `It was set by ${given}; its environment variable is ${variable}.`;
  }
}

/** Problems as the command prints them. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems
    .map(({ headline, lines }) => [`coatcheck: ${headline}`, ...lines.map((line) => `  ${line}`)].join("\n"))
    .join("\n");
}
