/** The oldest PostgreSQL that the store takes, and the newest. */
import { test } from "node:test";
import { findsByIndex, ROWS } from "../../../test-support/stores/postgres-plans.ts";

for (const server of ["postgresql-14", "postgresql-18"] as const) {
  test(`S-50 every statement finds its rows by an index among ${ROWS}, by either kind of plan: ${server}`, () =>
    findsByIndex(server));
}
