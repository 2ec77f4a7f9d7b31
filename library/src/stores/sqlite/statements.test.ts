import assert from "node:assert/strict";
import { constants } from "node:sqlite";
import { test } from "node:test";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { createFile, openDatabase } from "./schema.ts";
import { prepareAll, STATEMENTS } from "./statements.ts";

test("F-60 no statement of the SQLite store is prepared anew when it is run", () => {
  using folder = temporaryFolder("statements");
  const path = folder.file("app.db");
  createFile(path);
  const db = openDatabase(path, { busyTimeout: 100, durability: "normal", mmap: 0 });
  try {
    const anew = new Set<string>();
    let running = "";
    // SQLite asks what may be done when it prepares a statement, and not when it runs one.
    db.setAuthorizer(() => {
      anew.add(running);
      return constants.SQLITE_OK;
    });
    const prepared = Object.entries(prepareAll(db));
    assert.deepEqual([...anew], [""], "the authorizer is asked");
    for (const [name, statement] of prepared) {
      running = name;
      const values = Array.from(String(Reflect.get(STATEMENTS, name)).matchAll(/\?/g), () => 1);
      for (let time = 0; time < 3; time++) statement.all(...values);
    }
    assert.deepEqual([...anew], [""]);
  } finally {
    db.close();
  }
});
