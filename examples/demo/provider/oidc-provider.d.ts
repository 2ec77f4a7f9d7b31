/** As much of oidc-provider as the development provider uses; the package brings no types. */
declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  /** A Koa context, as far as pages need it. */
  interface Context {
    readonly req: IncomingMessage;
    readonly res: ServerResponse;
    readonly method: string;
    readonly path: string;
    status: number;
    type: string;
    body: unknown;
    readonly oidc: {
      readonly client: { readonly clientId: string } | undefined;
      readonly params: { readonly scope?: string } | undefined;
      readonly session: { readonly accountId: string | undefined; grantIdFor(clientId: string): string | undefined };
    };
    set(name: string, value: string): void;
    redirect(url: string): void;
  }

  interface GrantModel {
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }

  interface Payload {
    readonly [name: string]: unknown;
    readonly grantId?: string;
    readonly uid?: string;
  }

  /** Where the provider keeps its artifacts, one for each kind. */
  interface Adapter {
    upsert(id: string, payload: Payload, expiresIn: number): Promise<void>;
    find(id: string): Promise<Payload | undefined>;
    findByUid(uid: string): Promise<Payload | undefined>;
    findByUserCode(code: string): Promise<Payload | undefined>;
    consume(id: string): Promise<void>;
    destroy(id: string): Promise<void>;
    revokeByGrantId(grantId: string): Promise<void>;
  }

  interface Account {
    readonly accountId: string;
    claims(): object;
  }

  interface Interaction {
    readonly uid: string;
    readonly prompt: { readonly name: string };
    readonly params: { readonly client_id?: string; readonly login_hint?: string; readonly scope?: string };
    readonly session?: { readonly accountId: string };
  }

  interface Result {
    readonly login?: { readonly accountId: string };
    readonly consent?: { readonly grantId: string };
    readonly error?: string;
    readonly error_description?: string;
  }

  type Middleware = (context: Context, next: () => Promise<void>) => Promise<void>;

  class Provider {
    constructor(issuer: string, configuration: object);
    readonly Grant: {
      new (values: { readonly accountId: string; readonly clientId: string }): GrantModel;
      find(id: string): Promise<GrantModel | undefined>;
    };
    use(middleware: Middleware): void;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionResult(request: IncomingMessage, response: ServerResponse, result: Result): Promise<string>;
  }
}
