/** What is mutated, and how good its tests have to be. */

export interface Area {
  readonly name: string;
  readonly folder: string;
  /** The share of mutants that tests have to notice. */
  readonly goal: number;
  readonly isTest: (path: string) => boolean;
}

/** Tests of real servers and browsers are too slow to be run for each mutant, and test the whole. */
const isQuick = (path: string): boolean =>
  path.endsWith(".test.ts") && !/\.(long|nginx|caddy|chromium|envoy|keycloak|oauth2-proxy)\.|check-envoy|canary/.test(path);
const inLibrary = (path: string): boolean => path.startsWith("library/src/") && isQuick(path);
const inGateway = (path: string): boolean => path.startsWith("gateway/src/") && isQuick(path);

export const AREAS: readonly Area[] = [
  { name: "core", folder: "library/src/core/", goal: 0.95, isTest: inLibrary },
  { name: "engine", folder: "library/src/engine/", goal: 0.95, isTest: inLibrary },
  { name: "upstream", folder: "gateway/src/upstream/", goal: 0.85, isTest: inGateway },
  { name: "config", folder: "gateway/src/config/", goal: 0.85, isTest: inGateway },
];
