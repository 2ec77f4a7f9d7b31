/** What stores on a server of their own are opened with, whichever server it is. */

export interface OpenServer {
  /** Takes the place of the address's. Asked for each connection. */
  readonly password: () => string | undefined;
  /** Told what an operator should know, at the start or later. */
  readonly onWarning: (message: string) => void;
  /** A server that does not answer is an error. */
  readonly mustAnswer: boolean;
}
