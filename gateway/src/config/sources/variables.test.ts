import assert from "node:assert/strict";
import { test } from "node:test";
import { NAMED_SETTINGS } from "../config.ts";
import { unknownVariables } from "./variables.ts";

test("F-46 a variable that looks like ours and is none is said, with what was meant where it is like one", () => {
  const environment = {
    COATCHECK_ISSUER: "a",
    COATCHECK_ISSUR: "a",
    COATCHECK_XYZZYXYZZY: "a",
    COATCHECK_EMPTY: "",
    MY_COATCHECK_: "a",
    PATH: "a",
    COATCHECK_PORT: "tcp://10.0.0.1:80",
    COATCHECK_ADMIN_SERVICE_PORT_HTTP: "80",
  };
  assert.deepEqual(unknownVariables(environment, NAMED_SETTINGS), [
    { headline: "COATCHECK_ISSUR is no setting", lines: ["Did you mean COATCHECK_ISSUER?", "All of them:  coatcheck --help"] },
    { headline: "COATCHECK_XYZZYXYZZY is no setting", lines: ["All of them:  coatcheck --help"] },
  ]);
});
