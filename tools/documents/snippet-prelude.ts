/**
 * Names that examples use without saying where they are from: what the library exports, and what a reader would call
 * their own. An example that imports or declares a name of these means its own.
 */
import type { createServer as createNodeServer } from "node:http";
import type {
  Auth,
  CoatcheckError as CoatcheckErrorType,
  coatcheck as coatcheckFunction,
  custom as customFunction,
  JsonObject,
  Session,
  SessionStore,
  unavailable as unavailableFunction,
} from "coatcheck";
import type { SessionClient, sessionClient as sessionClientFunction } from "coatcheck/client";
import type { coatcheckExpress as expressAdapter } from "coatcheck/express";
import type { coatcheckFetch as fetchAdapterFunction } from "coatcheck/fetch";
import type { coatcheckHono as honoAdapter } from "coatcheck/hono";
import type { memory as memoryStore } from "coatcheck/memory";
import type { coatcheckNode as nodeAdapter } from "coatcheck/node";
import type { sqlite as sqliteStore } from "coatcheck/sqlite";
import type * as testing from "coatcheck/testing";
import type { Express } from "express";
import type { Hono as HonoType } from "hono";

declare global {
  const coatcheck: typeof coatcheckFunction;
  const CoatcheckError: typeof CoatcheckErrorType;
  const custom: typeof customFunction;
  const unavailable: typeof unavailableFunction;
  const memory: typeof memoryStore;
  const sqlite: typeof sqliteStore;
  const coatcheckExpress: typeof expressAdapter;
  const coatcheckFetch: typeof fetchAdapterFunction;
  const coatcheckHono: typeof honoAdapter;
  const coatcheckNode: typeof nodeAdapter;
  const sessionClient: typeof sessionClientFunction;
  /** What `sessionClient()` answered. */
  const client: SessionClient<Readonly<Record<string, unknown>>>;
  const signIn: typeof testing.signIn;
  const manualClock: typeof testing.manualClock;
  const fakeProvider: typeof testing.fakeProvider;
  const playedProvider: typeof testing.playedProvider;

  /** What `coatcheck({ … })` answered, and an Express app. */
  const auth: Auth<JsonObject>;
  const app: Express;
  const session: Session;
  const Hono: typeof HonoType;
  const createServer: typeof createNodeServer;
  const locationOfLogin: string;
  function showSignInButton(): void;
  /** The app's own table of users. */
  const users: {
    find(subject: string): Promise<{ readonly id: string; readonly name: string; readonly blocked: boolean } | undefined>;
  };
  /** The sessions that an app kept before. */
  const oldSessions: { take(cookies: string | undefined): Promise<{ readonly user: string } | undefined> };
  /** Whose API key it is. */
  function robotOf(key: string, signal: AbortSignal): Promise<{ readonly id: string } | undefined>;

  /** Somebody's own store, with a database schema for each test. */
  function freshSchema(): Promise<string>;
  function myStore(schema: string): SessionStore;
  function drop(schema: string): Promise<void>;
}
