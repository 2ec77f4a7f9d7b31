/** What every proxy chain needs: the public name, and the addresses of its parts. */
export const HOST = "app.example.com";

export interface Ground {
  readonly folder: string;
  /** Of the web server in front. */
  readonly port: number;
  readonly origin: string;
  readonly issuer: string;
  readonly clientSecret: string;
  /** Of the authenticating proxy. */
  readonly signOnPort: number;
}

/** How the app is reached by the web server in front, and how it knows that server. */
export interface Door {
  readonly port: number;
  readonly socket: string;
  readonly secret: string;
}
