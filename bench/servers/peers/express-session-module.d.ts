/**
 * As much of express-session as is measured. Its published types declare `request.session` for the whole program, which
 * is then not free for others.
 */
declare module "express-session" {
  import type { RequestHandler } from "express";

  interface Options {
    readonly secret: string;
    readonly store: MemoryStore;
    readonly resave: boolean;
    readonly saveUninitialized: boolean;
    readonly cookie: { readonly maxAge: number };
  }
  class MemoryStore {
    set(id: string, session: object): void;
  }
  class Cookie {
    constructor(options: { readonly maxAge: number });
  }
  const session: { (options: Options): RequestHandler; readonly MemoryStore: typeof MemoryStore; readonly Cookie: typeof Cookie };
  export = session;
}
