/** A row of the app's own table of users. */
export interface User {
  /** What the sign-on calls them for ever. */
  readonly subject: string;
  readonly name: string;
  readonly blocked: boolean;
}

/** The app's own table of users. In a real app it is a table of its database. */
export interface Users {
  /** Rejects where the table does not answer. */
  find(subject: string): Promise<User | undefined>;
}

/** Users who are in memory alone. */
export class UsersInMemory implements Users {
  /** The table does not answer. */
  down = false;
  readonly #rows: Map<string, User>;

  constructor(names: { readonly [subject: string]: string }) {
    this.#rows = new Map(Object.entries(names).map(([subject, name]) => [subject, { subject, name, blocked: false }]));
  }

  async find(subject: string): Promise<User | undefined> {
    if (this.down) throw new Error("the table of users does not answer");
    return this.#rows.get(subject);
  }

  setBlocked(subject: string, blocked: boolean): void {
    const user = this.#rows.get(subject);
    if (user !== undefined) this.#rows.set(subject, { ...user, blocked });
  }
}
