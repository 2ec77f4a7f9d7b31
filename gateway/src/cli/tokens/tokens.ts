/** `coatcheck tokens`: picks the subcommand. */
import type { Command } from "../command.ts";
import { subcommands } from "../subcommands.ts";
import { tokensIssue } from "./issue.ts";
import { tokensList } from "./list.ts";
import { tokensRevoke } from "./revoke.ts";

const HELP = `coatcheck tokens: issues, lists and revokes access tokens of our own, in the store of the configuration

  coatcheck tokens issue --subject NAME --audience AUDIENCE
  coatcheck tokens list --owner OWNER | --issuer ISSUER --subject SUBJECT
  coatcheck tokens revoke ID

Each has a --help of its own.`;

/** Operators' commands about tokens. */
export const tokens: Command = subcommands("tokens", { issue: tokensIssue, list: tokensList, revoke: tokensRevoke }, HELP);
