/** What an app's process is told at its start. */
import type { StoreName } from "../stores/run-store.ts";

export interface AppOrder {
  readonly port: number;
  readonly adminPort: number;
  readonly publicUrl: string;
  /** The file of the secrets, one on a line; read again at SIGHUP. */
  readonly secretFile: string;
  readonly store: { readonly name: StoreName; readonly address: string };
  readonly provider: {
    readonly issuer: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly scope: string;
    readonly timeout: number;
    readonly refreshTimeout: number;
  };
}

/** The variable that holds it, as JSON. */
export const ORDER = "SOAK_APP";
