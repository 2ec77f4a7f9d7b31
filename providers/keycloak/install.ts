/** A Keycloak from Maven Central, pinned, unpacked and built once for a machine. Needs Maven and a Java 17. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

export const VERSION = "26.7.3";
const ARTIFACT = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
const SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f";
const PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "coatcheck");

/** So much memory is plenty for one realm. */
export const JAVA = { JAVA_OPTS_KC_HEAP: "-Xms64m -Xmx512m", JAVA_OPTS_APPEND: "-XX:TieredStopAtLevel=1" };

export const ADMIN = { user: "admin", password: "for-this-machine-alone" };

/** An installation, and a database beside it that knows its administrator and nothing else. */
export interface Installation {
  readonly script: string;
  readonly database: string;
}

/** Where it is, once it is there. The first time takes a minute or two. */
export async function installKeycloak(): Promise<Installation> {
  const home = join(CACHE, `keycloak-${VERSION}`);
  if (!existsSync(home)) {
    // Made aside, so that what is there is whole.
    const making = `${home}.${process.pid}`;
    mkdirSync(making, { recursive: true });
    try {
      await unpack(making);
      prepare(join(making, `keycloak-${VERSION}`));
      renameSync(join(making, `keycloak-${VERSION}`), home);
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  }
  return { script: join(home, "bin", "kc.sh"), database: join(home, "data", "h2", "keycloakdb.mv.db") };
}

async function unpack(into: string): Promise<void> {
  run("mvn", ["-B", "-q", "-C", `${PLUGIN}:get`, `-Dartifact=${ARTIFACT}`, "-Dtransitive=false"], into);
  const zip = join(into, `keycloak-quarkus-dist-${VERSION}.zip`);
  run("mvn", ["-B", "-q", "-o", `${PLUGIN}:copy`, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${into}`], into);
  const hash = createHash("sha256");
  await pipeline(createReadStream(zip), hash);
  const found = hash.digest("hex");
  if (found !== SHA256) throw new Error(`${ARTIFACT} has the SHA-256 ${found} and should have ${SHA256}`);
  run("mvn", ["-B", "-q", "-o", `${PLUGIN}:unpack`, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${into}`], into);
}

/** Builds it for its database, and makes that with an administrator in it, so that starting is quick. */
function prepare(home: string): void {
  const script = join(home, "bin", "kc.sh");
  run(
    script,
    ["build", "--db=dev-file", "--cache=local", "--features-disabled=kerberos,device-flow,ciba,par,organization"],
    home,
  );
  const admin = ["bootstrap-admin", "user", "--optimized", "--username", ADMIN.user, "--password:env", "LABORATORY_PASSWORD"];
  run(script, admin, home, { LABORATORY_PASSWORD: ADMIN.password });
}

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...JAVA, ...env },
  });
  if (error !== undefined) throw new Error(`${command} does not start (${error.message}); it takes maven and a Java 17`);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}\n${stderr}`);
}
