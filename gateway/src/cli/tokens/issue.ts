/** `coatcheck tokens issue`: an access token for a program. */
import { omitUndefined, parseDuration } from "coatcheck/settings";
import type { Problem } from "../../config/sources/place.ts";
import type { Command } from "../command.ts";
import { exitEarly, readOwnArguments } from "../own-arguments.ts";
import { unexpected } from "../sessions/arguments.ts";
import { withLayer } from "../sessions/stored-sessions.ts";

const HELP = `coatcheck tokens issue: prints an access token, which is shown this once

  coatcheck tokens issue --subject NAME --audience AUDIENCE

  --subject NAME      whom it names: a name of your own, such as runner-7
  --issuer ISSUER     then the subject is a person, as this issuer knows them
  --owner OWNER       the user whom it belongs to. Default: issuer and subject
  --audience AUDIENCE whom it is for: one of tokens.audiences
  --scope WORDS       what it allows, with spaces between. Default: nothing in particular
  --lifetime TIME     how long it is good, such as 30m. Default: what tokens.audiences says
  --client NAME       who asked for it. Default: the public URL
  --json              one object, with its id and its end in milliseconds
  --config FILE       and the settings of coatcheck serve, from the same environment and file

Exit status: 0, 1 if the store did not answer, 2 for what was asked or configured wrongly.`;

const OWN = ["subject", "issuer", "owner", "audience", "scope", "lifetime", "client"];

/** Issues one. */
export const tokensIssue: Command = async (args, terminal) => {
  const own = readOwnArguments(args, OWN);
  const { given } = own;
  const exit = exitEarly(own, HELP, [...unexpected(own.words), ...problemsIn(given)], terminal);
  if (exit !== undefined) return exit;
  const [subject = "", issuer, audience = ""] = ["subject", "issuer", "audience"].map((name) => given.get(name));
  const more = omitUndefined({
    owner: given.get("owner"),
    scope: given.get("scope"),
    client: given.get("client"),
    lifetime: parseDuration(given.get("lifetime") ?? ""),
  });
  return withLayer(own.settings, terminal, async ({ tokens }) => {
    const issued = await tokens.issue({ subject: issuer === undefined ? subject : { issuer, subject }, audience, ...more });
    terminal.print(own.json ? JSON.stringify(issued) : issued.accessToken);
    return 0;
  });
};

function problemsIn(given: ReadonlyMap<string, string>): readonly Problem[] {
  const missing = ["subject", "audience"].filter((name) => given.get(name) === undefined);
  const lifetime = given.get("lifetime");
  return [
    ...missing.map((name) => ({ headline: `--${name} is missing`, lines: [`Write --${name} NAME.`] })),
    ...(lifetime === undefined || parseDuration(lifetime) !== undefined
      ? []
      : [{ headline: "--lifetime is no duration", lines: ["Write it as 30m or 8h."] }]),
  ];
}
