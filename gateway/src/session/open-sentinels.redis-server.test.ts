import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { certificateOf } from "../../../tools/suite/certificate.ts";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { OFFLINE, runCommand } from "../../test-support/command.ts";

const [PASSWORD, SENTINEL_PASSWORD] = ["store-canary", "sentinel-canary"];

const open = new AsyncDisposableStack();
const folder = open.use(temporaryFolder("open-sentinels"));
let sentinel: RedisServer;
let certificate: string;

before(async () => {
  const { key, cert } = certificateOf("127.0.0.1");
  certificate = folder.write("ca.pem", cert);
  const keyFile = folder.write("key.pem", key);
  const files = [`tls-cert-file ${certificate}`, `tls-key-file ${keyFile}`, `tls-ca-cert-file ${certificate}`];
  const tls = ["port 0", "tls-port PORT", "tls-auth-clients no", "tls-replication yes", ...files];
  const master = open.use(await startRedis([...tls, `requirepass ${PASSWORD}`]));
  const watched = [`sentinel monitor main 127.0.0.1 ${master.port} 1`, `sentinel auth-pass main ${PASSWORD}`];
  sentinel = open.use(await startRedis([...tls, ...watched, `requirepass ${SENTINEL_PASSWORD}`], true));
});
after(() => open.disposeAsync());

test("S-64 sentinels are asked by TLS, with a password of their own from a file", async () => {
  const file = folder.write("word", `${SENTINEL_PASSWORD}\n`);
  const address = `rediss+sentinel://127.0.0.1:${sentinel.port}/main?replicas=0&ca=${certificate}`;
  const table: readonly (readonly [parameters: string, words: RegExp])[] = [
    [`&sentinelPasswordFile=${file}`, /^ {4}store: can be written$/m],
    ["&sentinelPasswordFile=nowhere", /nowhere, which sentinelPasswordFile of the store names, cannot be read/],
  ];
  for (const [parameters, words] of table) {
    const environment = { ...OFFLINE, COATCHECK_STORE: `${address}${parameters}`, COATCHECK_STORE_PASSWORD: PASSWORD };
    const { out, err } = await runCommand(["check-config", "--online"], { environment, cwd: folder.path });
    assert.match(out, words);
    assert.doesNotMatch(out + err, /canary/);
  }
});
