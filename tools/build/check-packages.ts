/**
 * What npm will publish: entries that exist, dependencies that are declared, files that belong there, every strict flag
 * on.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import type { Rule } from "../rule.ts";
import { main } from "../rule.ts";
import type { SourceFile, Violation } from "../sources/files.ts";
import { isTest, isTypeScript, ROOT, readFiles } from "../sources/files.ts";
import { importsOf } from "../sources/imports.ts";
import { tokenize } from "../sources/tokens.ts";

/** Of a package.json, what is looked at here. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly keywords?: readonly string[];
  readonly bin?: Record<string, string>;
  readonly exports?: Record<string, Record<string, string>>;
  readonly scripts?: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly workspaces?: readonly string[];
}

const PACKAGES = ["library", "gateway"];
/** Packages that hold what they import, so that nothing is installed beside them. */
const BUNDLED = ["gateway"];
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

/** The folders of the workspace's packages. */
function members(): readonly string[] {
  return (readManifest(".").workspaces ?? []).flatMap((pattern) => {
    if (!pattern.endsWith("/*")) return [pattern];
    const parent = pattern.slice(0, -2);
    const folders = readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`);
    return folders.filter((folder) => existsSync(join(ROOT, folder, "package.json")));
  });
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
}

/** Entries whose source is missing, or whose compiled files are not that source's. */
export function checkEntries(folder: string, manifest: Manifest, exists: (path: string) => boolean): readonly Violation[] {
  const path = `${folder}/package.json`;
  const entries = Object.entries(manifest.exports ?? {}).flatMap(([name, conditions]) => {
    const source = conditions["coatcheck-source"] ?? "";
    const built = source.replace("./src/", "./dist/").replace(/\.ts$/, "");
    const wrong: string[] = [];
    if (!exists(join(folder, source))) wrong.push(`exports ${name}: there is no ${source || "source"}`);
    if (conditions["types"] !== `${built}.d.ts`) wrong.push(`exports ${name}: types is not ${built}.d.ts`);
    if (conditions["default"] !== `${built}.js`) wrong.push(`exports ${name}: default is not ${built}.js`);
    if (Object.keys(conditions).join() !== "coatcheck-source,types,default")
      wrong.push(`exports ${name}: conditions in another order`);
    return wrong;
  });
  const commands = Object.entries(manifest.bin ?? {}).flatMap(([name, file]) => {
    const source = file.replace("./dist/", "./src/").replace(/\.js$/, ".ts");
    return exists(join(folder, source)) ? [] : [`bin ${name}: there is no ${source}`];
  });
  const scripts = INSTALL_SCRIPTS.filter((name) => manifest.scripts?.[name] !== undefined).map(
    (name) => `runs ${name} at install`,
  );
  return [...entries, ...commands, ...scripts].map((message) => ({ path, message }));
}

/** What a package lacks to be published from a checkout that was not built, and to be found. */
export function checkPublishing(folder: string, manifest: Manifest): readonly Violation[] {
  const wrong: string[] = [];
  if (manifest.scripts?.["prepack"] === undefined) wrong.push("is packed without being built: prepack is missing");
  if ((manifest.keywords ?? []).length === 0) wrong.push("has no keywords");
  const twice = BUNDLED.includes(folder) ? Object.keys(manifest.dependencies ?? {}) : [];
  wrong.push(...twice.map((name) => `would install ${name} beside the bundle that holds it`));
  return wrong.map((message) => ({ path: `${folder}/package.json`, message }));
}

/**
 * Imports of packages that the importing package does not declare. Tests may use what is for development, and a bundle
 * is made of it.
 */
export function checkDeclared(
  files: readonly SourceFile[],
  manifests: ReadonlyMap<string, Manifest>,
  root: Manifest,
): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    const member = [...manifests.keys()].find((folder) => path.startsWith(`${folder}/`));
    const manifest = (member === undefined ? undefined : manifests.get(member)) ?? root;
    const published = PACKAGES.includes(member ?? "") && path.startsWith(`${member}/src/`) && !isTest(path);
    const own = published && !BUNDLED.includes(member ?? "") ? [] : [manifest.devDependencies];
    const declared = new Set(
      [manifest.dependencies, manifest.peerDependencies, ...own, ...(published ? [] : [root.devDependencies])]
        .flatMap((list) => Object.keys(list ?? {}))
        .concat(manifest.name, member === undefined ? [...manifests.values()].map(({ name }) => name) : []),
    );
    return importsOf(tokenize(text).code).flatMap(({ specifier, line }) => {
      if (specifier === null || /^[./]|^file:|^data:/.test(specifier) || isBuiltin(specifier)) return [];
      const name = packageOf(specifier);
      const known = declared.has(name) || declared.has(`@types/${name}`);
      return known ? [] : [{ path, line, message: `imports ${name}, which ${member ?? "."}/package.json does not declare` }];
    });
  });
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

const PACKED = /^(dist\/.+\.(js|d\.ts)|package\.json|config\.schema\.json|README\.md|LICENSE|THIRD-PARTY\.txt)$/;

/** Files that do not belong into a package. */
export function checkPacked(folder: string, files: readonly string[]): readonly Violation[] {
  return files
    .filter((file) => !PACKED.test(file) || isTest(file))
    .map((file) => ({ path: `${folder}/package.json`, message: `would publish ${file}` }));
}

/** The files that npm would publish. */
export function packedFiles(folder: string): readonly string[] {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=error"], {
    cwd: join(ROOT, folder),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const report: unknown = JSON.parse(output);
  const [packed] = Array.isArray(report) ? report : Object.values(Object(report));
  const files: readonly { readonly path: string }[] = packed.files;
  return files.map((file) => file.path);
}

/** Each makes the compiler stricter; none may be off, for anybody. */
const STRICT: { readonly [flag: string]: boolean } = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  noFallthroughCasesInSwitch: true,
  noImplicitReturns: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noUncheckedSideEffectImports: true,
  allowUnreachableCode: false,
  allowUnusedLabels: false,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  forceConsistentCasingInFileNames: true,
};
const PARTS_OF_STRICT = /^(noImplicitAny|noImplicitThis|strict[A-Z]\w*|alwaysStrict|useUnknownInCatchVariables)$/;

/** Strict flags that are missing from the base, or turned off by a configuration that extends it. */
export function checkStrict(path: string, options: Record<string, unknown>, base: boolean): readonly Violation[] {
  const wrong = Object.entries(STRICT).filter(([flag, value]) => (base || flag in options) && options[flag] !== value);
  const weakened = Object.keys(options).filter((flag) => PARTS_OF_STRICT.test(flag) && options[flag] !== true);
  return [
    ...wrong.map(([flag, value]) => ({ path, message: `${flag} must be ${value}` })),
    ...weakened.map((flag) => ({ path, message: `${flag} must not be turned off` })),
  ];
}

function checkConfigurations(): readonly Violation[] {
  return readFiles((path) => /(^|\/)tsconfig[^/]*\.json$/.test(path)).flatMap(({ path, text }) => {
    const { compilerOptions = {} }: { compilerOptions?: Record<string, unknown> } = JSON.parse(text);
    return checkStrict(path, compilerOptions, path === "tsconfig.json");
  });
}

export const packages: Rule = {
  name: "packages",
  check: () => [
    ...PACKAGES.flatMap((folder) => checkEntries(folder, readManifest(folder), (path) => existsSync(join(ROOT, path)))),
    ...PACKAGES.flatMap((folder) => checkPublishing(folder, readManifest(folder))),
    ...PACKAGES.flatMap((folder) => checkPacked(folder, packedFiles(folder))),
    ...checkDeclared(
      readFiles(isTypeScript),
      new Map(members().map((folder) => [folder, readManifest(folder)])),
      readManifest("."),
    ),
    ...checkConfigurations(),
  ],
};

if (import.meta.main) await main(packages);
