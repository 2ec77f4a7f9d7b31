/** `coatcheck migrate`: the SQL of the tables in PostgreSQL, for a role that may create them. */
import type { Command } from "../command.ts";

const HELP = `coatcheck migrate: prints the SQL that makes the tables in PostgreSQL, or brings them up to date

A gateway does so itself at its start, unless its role may not: then run this SQL as a role that may, and give the
store's address the parameter migrate=false. It may be run again.

  --print             prints it
  --schema NAME       the schema that holds the tables; default coatcheck

  coatcheck migrate --print | psql "$DATABASE_URL"`;

/** Prints the SQL. Nothing is connected to. */
export const migrate: Command = async (args, { print, complain }) => {
  const [first, flag, schema, ...others] = args;
  if (first === "--help" || first === "-h") {
    print(HELP);
    return 0;
  }
  const named = flag === "--schema" && schema !== undefined;
  if (first !== "--print" || others.length > 0 || !(named || flag === undefined)) {
    complain("coatcheck: migrate takes --print, and after it --schema NAME\n  coatcheck migrate --help");
    return 2;
  }
  const { postgresSchema } = await import("coatcheck/postgres");
  try {
    print(postgresSchema(schema));
    return 0;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    complain(`coatcheck: ${error.message}`);
    return 2;
  }
};
