/** Keycloak's administrator, by its REST API. */
import { ADMIN } from "./install.ts";

export class KeycloakAdmin {
  readonly #origin: string;

  /** The address counts: what Keycloak tells apps in consequence is from the issuer of that name. */
  constructor(origin: string) {
    this.#origin = origin;
  }

  async createRealm(realm: object): Promise<void> {
    await this.#ask("POST", "", realm);
  }

  async disableUser(realm: string, name: string): Promise<void> {
    await this.#ask("PUT", `/${realm}/users/${await this.#idOf(realm, name)}`, { enabled: false });
  }

  /** As *Log out all sessions* of the console. */
  async endSessions(realm: string, name: string): Promise<void> {
    await this.#ask("POST", `/${realm}/users/${await this.#idOf(realm, name)}/logout`);
  }

  /** A new key that is preferred to those that there are. */
  async addKey(realm: string): Promise<void> {
    await this.#ask("POST", `/${realm}/components`, {
      name: "newer",
      providerId: "rsa-generated",
      providerType: "org.keycloak.keys.KeyProvider",
      config: { priority: ["1000"], enabled: ["true"], active: ["true"], algorithm: ["RS256"], keySize: ["2048"] },
    });
  }

  async #idOf(realm: string, name: string): Promise<string> {
    const found = await this.#ask("GET", `/${realm}/users?exact=true&username=${encodeURIComponent(name)}`);
    return memberOf(Array.isArray(found) ? found[0] : undefined, "id");
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.#origin}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.#token()}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Keycloak answered ${response.status} to ${method} ${path}: ${text.slice(0, 500)}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  async #token(): Promise<string> {
    const form = { grant_type: "password", client_id: "admin-cli", username: ADMIN.user, password: ADMIN.password };
    const response = await fetch(`${this.#origin}/realms/master/protocol/openid-connect/token`, {
      method: "POST",
      body: new URLSearchParams(form),
    });
    if (!response.ok) throw new Error(`Keycloak's administrator cannot sign in: ${response.status} ${await response.text()}`);
    return memberOf(await response.json(), "access_token");
  }
}

function memberOf(value: unknown, name: string): string {
  const member: unknown = Reflect.get(Object(value), name);
  if (typeof member !== "string") throw new Error(`Keycloak's answer has no ${name}`);
  return member;
}
