/** Loads the configuration from all its sources, and reports all problems at once. */
import { contradictions, warnings } from "./cross-checks.ts";
import type { Settings } from "./definition.ts";
import { SETTINGS } from "./definition.ts";
import { type DevelopmentSecret, developmentSecret } from "./development-secret.ts";
import { object } from "./kinds/shape.ts";
import { translateOauth2Proxy } from "./oauth2-proxy/compat.ts";
import { movedRedirect } from "./redirect-addresses.ts";
import { readConfigFile } from "./sources/file.ts";
import { readFlags } from "./sources/flags.ts";
import type { Problem } from "./sources/place.ts";
import { keyOf, Place } from "./sources/place.ts";
import { namedSettings, RawTree } from "./sources/sources.ts";
import type { Environment } from "./sources/variables.ts";
import { unknownVariables } from "./sources/variables.ts";

export type { AccessRule, LimitSettings, ProviderSettings, Settings, UpstreamSettings } from "./definition.ts";

/** The sources of a configuration. */
interface ConfigSources {
  /** The command line behind the command's name. */
  readonly args: readonly string[];
  readonly environment: Environment;
  /** The directory that relative file names start from. */
  readonly directory: string;
  /** Whether a secret may be left out where only this machine can reach the gateway. Default: it may not. */
  readonly development?: DevelopmentSecret;
  /** What a file would hold, for programs that start a gateway themselves; then no file is read. */
  readonly file?: object;
}

/** A configuration, or all that is wrong with it. */
export type Configuration =
  | {
      readonly ok: true;
      readonly settings: Settings;
      readonly warnings: readonly string[];
      readonly file: string | undefined;
      /** Whether reading it again could tell anything else: it comes from files, at least in part. */
      readonly mayChange: boolean;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const ROOT = object(SETTINGS);
/** Every setting that a variable can give. */
export const NAMED_SETTINGS = namedSettings(SETTINGS);

/** Reads flags, environment and file; flags beat environment beats file beats the variables of oauth2-proxy. */
export function loadConfig({ args, environment, directory, file: content, development }: ConfigSources): Configuration {
  const flags = readFlags(args, NAMED_SETTINGS, ["--config"]);
  const file =
    content === undefined
      ? readConfigFile(flags.values.get("--config")?.at(-1), directory)
      : { name: undefined, content, problems: [] };
  const translated = translateOauth2Proxy(environment);
  const given = new Map<string, string>();
  const tree = new RawTree(file.content);
  const note = (path: readonly (string | number)[], source: string): unknown => given.set(keyOf(path), source);

  if (file.name !== undefined) for (const key of Object.keys(file.content)) note([key], file.name);
  for (const { path, value, from } of translated.values) {
    const { instead } = NAMED_SETTINGS.find((setting) => keyOf(setting.path) === keyOf(path)) ?? {};
    if (tree.has(path) || (instead !== undefined && tree.has(instead))) continue;
    tree.set(path, value);
    note(path, from);
  }
  const twice: Problem[] = [];
  for (const { path, variable, flag, field, instead } of NAMED_SETTINGS) {
    const fromFlag = flag === undefined ? undefined : flags.values.get(flag);
    const text =
      fromFlag ?? (environment[variable] === undefined || environment[variable] === "" ? undefined : [environment[variable]]);
    if (text === undefined) continue;
    const last = text.at(-1) ?? "";
    if (instead !== undefined) {
      const other = given.get(keyOf(instead));
      if (other?.startsWith("COATCHECK_") === true && fromFlag === undefined) twice.push(saidTwice(other, variable));
      tree.unset(instead);
    }
    tree.set(path, field.kind.fromText === undefined ? last : text.flatMap((one) => field.kind.fromText?.(one)));
    note(path, fromFlag === undefined ? variable : (flag ?? variable));
  }

  // Whose users come another way, and who says nothing of a provider, has none.
  const otherwise = tree.has(["proxyIdentity"]) || tree.has(["devUsers"]);
  if (otherwise && !tree.has(["providers"])) tree.set(["providers"], []);
  const made =
    development === undefined || tree.has(["secrets"]) || tree.has(["secretsFile"])
      ? undefined
      : developmentSecret(tree.value, directory, development);
  if (made !== undefined && "headline" in made) return { ok: false, problems: [made] };
  if (made !== undefined) tree.set(["secrets"], [made.secret]);
  const variables = new Map(NAMED_SETTINGS.map(({ path, variable }) => [keyOf(path), variable]));
  const secretFiles: string[] = [];
  const place = new Place({ given, variables, directory, onSecretFile: (name) => secretFiles.push(name) });
  const settings = ROOT.read(tree.value, place);
  const problems = [
    ...flags.problems,
    ...file.problems,
    ...unknownVariables(environment, NAMED_SETTINGS),
    ...translated.problems,
    ...twice,
    // What an unreadable file would have said cannot be called missing or wrong.
    ...(file.problems.length > 0 ? [] : place.problems),
  ];
  if (settings === undefined || problems.length > 0) return { ok: false, problems };
  const contradicting = contradictions(settings);
  const moved = movedRedirect(environment["OAUTH2_PROXY_REDIRECT_URL"], settings);
  if (contradicting.length > 0) return { ok: false, problems: contradicting };
  return {
    ok: true,
    settings,
    warnings: [
      ...(made === undefined ? [] : [made.note]),
      ...translated.notes,
      ...(moved === undefined ? [] : [moved]),
      ...warnings(settings),
    ],
    file: file.name,
    mayChange: file.name !== undefined || secretFiles.length > 0,
  };
}

function saidTwice(one: string, other: string): Problem {
  return { headline: `${one} and ${other} are both set`, lines: ["They say the same. Keep one of them."] };
}
