/** `coatcheck help`: every command and every setting. */
import { NAMED_SETTINGS } from "../config/config.ts";
import type { Command } from "./command.ts";

const INTRODUCTION = `coatcheck: signs people on in front of an app, and keeps their tokens behind the counter

  coatcheck [serve]         serves; Ctrl-C stops it
  coatcheck check-config    says what would be served, or what is wrong;
                            --online tries provider, client and store as well
  coatcheck doctor          tries provider, clock, client, address, cookies, proxy and store,
                            and says of each what to do; --json
  coatcheck secret          prints a fresh secret
  coatcheck keys            says which keys are accepted and used; coatcheck keys --help
  coatcheck sessions        lists, shows and ends sessions; coatcheck sessions --help
  coatcheck tokens          issues, lists and revokes tokens of our own; coatcheck tokens --help
  coatcheck sweep           deletes what expired or is idle for too long; a gateway does so by itself once an hour
  coatcheck migrate         prints the SQL of the tables in PostgreSQL; coatcheck migrate --help
  coatcheck move FROM TO    moves all sessions to another store; nobody is signed out; coatcheck move --help
  coatcheck --version

  --config FILE             coatcheck.config.yaml or .json; flags beat environment beats file

Settings, each also a key of the file (docs/configuration.md):
`;

/** Every setting that has a flag or a variable, with what it means. */
export const help: Command = (_args, { print }) => {
  const settings = NAMED_SETTINGS.map(({ flag, variable, field }) => {
    const standard =
      field.fallback === undefined || typeof field.fallback === "object" ? "" : ` Default ${String(field.fallback)}.`;
    const names = flag === undefined ? variable : `${flag}, ${variable}`;
    return `  ${names}\n      ${field.doc}${field.required === undefined ? standard : " Required."}`;
  });
  print(INTRODUCTION + settings.join("\n"));
  return 0;
};
