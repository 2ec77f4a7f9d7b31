/** As much of connect-pg-simple as is measured. Its published types want those of express-session. */
declare module "connect-pg-simple" {
  import type session from "express-session";
  import type pg from "pg";

  interface Options {
    readonly pool: pg.Pool;
    readonly createTableIfMissing: boolean;
    readonly disableTouch: boolean;
    readonly pruneSessionInterval: false;
  }
  interface Store extends InstanceType<typeof session.MemoryStore> {
    set(id: string, session: object, done?: (error?: unknown) => void): void;
  }
  const connect: (over: typeof session) => new (options: Options) => Store;
  export = connect;
}
