/** Builds the example provider of zitadel's Go module, pinned, once for a checkout; prints where it is. */
import { buildGo, builtAt } from "./go.ts";

if (buildGo("zitadel-example", "providers/zitadel", ".")) console.log(builtAt("zitadel-example"));
else process.exitCode = 1;
