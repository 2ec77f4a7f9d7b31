import type { FullGateway } from "./full-gateway.ts";

/** What `/health/ready` says. */
export interface Readiness {
  readonly ready: boolean;
  readonly store: boolean;
  readonly providers: readonly { readonly name: string; readonly ready: boolean }[];
  readonly keys: { readonly seals: string; readonly opens: readonly string[] };
}

/** Asks until the answer is the one that is waited for; `meanwhile` before each question. */
export async function ready(gateway: Pick<FullGateway, "admin">, wanted = true, meanwhile = (): void => {}): Promise<Readiness> {
  // Generous: on a machine that is busy a process alone takes seconds to start.
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    meanwhile();
    const { status, text } = await gateway.admin("/health/ready");
    const said: Readiness = JSON.parse(text);
    if (said.ready === wanted && status === (wanted ? 200 : 503)) return said;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`/health/ready did not become ${wanted}`);
}
