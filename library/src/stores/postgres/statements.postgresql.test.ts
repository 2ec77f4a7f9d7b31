import { test } from "node:test";
import { findsByIndex, ROWS } from "../../../test-support/stores/postgres-plans.ts";

test(`S-50 every statement finds its rows by an index among ${ROWS}, by either kind of plan: postgresql`, () =>
  findsByIndex("postgresql"));
