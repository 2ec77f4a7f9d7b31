/** `coatcheck tokens issue`: an access token for a program or an agent, or a person's personal token. */
import type { LoginIdentity } from "coatcheck";
import { omitUndefined, parseDuration } from "coatcheck/settings";
import type { Problem } from "../../config/sources/place.ts";
import type { Command } from "../command.ts";
import { exitEarly, readOwnArguments } from "../own-arguments.ts";
import { idIn, unexpected } from "../sessions/arguments.ts";
import { withLayer } from "../sessions/stored-sessions.ts";

const HELP = `coatcheck tokens issue: prints an access token, which is shown this once

  coatcheck tokens issue --subject NAME --audience AUDIENCE
  coatcheck tokens issue --subject AGENT --audience AUDIENCE --parent SESSION
  coatcheck tokens issue --personal NAME --issuer ISSUER --subject SUBJECT

  --subject NAME      whom it names: a name of your own, such as runner-7
  --issuer ISSUER     then the subject is a person, as this issuer knows them
  --owner OWNER       the user whom it belongs to. Default: issuer and subject
  --audience AUDIENCE whom it is for: one of tokens.audiences
  --scope WORDS       what it allows, with spaces between. Default: nothing in particular
  --lifetime TIME     how long it is good, such as 30m. Default: what tokens.audiences says
  --client NAME       who asked for it. Default: the public URL
  --parent SESSION    the id of the session of a person for whom the subject acts; the token ends with it
  --personal NAME     makes a personal token, and what its owner calls it; it is for the audience of tokens.personal
  --groups GROUPS     the person's groups, with commas between, for tokens.allow and for rules of upstreams
  --json              one object, with its id and its end in milliseconds
  --config FILE       and the settings of coatcheck serve, from the same environment and file

Exit status: 0, 1 if the store did not answer, 2 for what was asked or configured wrongly.`;

const OWN = ["subject", "issuer", "owner", "audience", "scope", "lifetime", "client", "parent", "personal", "groups"];

/** Issues one. */
export const tokensIssue: Command = async (args, terminal) => {
  const own = readOwnArguments(args, OWN);
  const { given } = own;
  const exit = exitEarly(own, HELP, [...unexpected(own.words), ...problemsIn(given)], terminal);
  if (exit !== undefined) return exit;
  const text = (name: string): string => given.get(name) ?? "";
  const more = omitUndefined({
    owner: given.get("owner"),
    scope: given.get("scope"),
    lifetime: parseDuration(text("lifetime")),
  });
  return withLayer(own.settings, terminal, async ({ tokens }) => {
    const name = given.get("personal");
    if (name !== undefined) {
      const made = await tokens.issuePersonal({ subject: personIn(given), name, ...more });
      terminal.print(own.json ? JSON.stringify(made) : made.token);
      return 0;
    }
    const subject = given.has("issuer") ? personIn(given) : text("subject");
    const parent = given.get("parent");
    const hangs = omitUndefined({ client: given.get("client"), parent: parent === undefined ? undefined : { id: parent } });
    const issued = await tokens.issue({ subject, audience: text("audience"), ...more, ...hangs });
    terminal.print(own.json ? JSON.stringify(issued) : issued.accessToken);
    return 0;
  });
};

function personIn(given: ReadonlyMap<string, string>): LoginIdentity {
  const [issuer = "", subject = "", groups] = ["issuer", "subject", "groups"].map((name) => given.get(name));
  const claims = groups === undefined ? undefined : { groups: groups.split(",").map((group) => group.trim()) };
  return { issuer, subject, ...omitUndefined({ claims }) };
}

function problemsIn(given: ReadonlyMap<string, string>): readonly Problem[] {
  const needed = given.has("personal") ? ["subject", "issuer"] : ["subject", "audience"];
  const missing = needed.filter((name) => given.get(name) === undefined);
  const inVain = given.has("personal") ? ["audience", "client", "parent"].filter((name) => given.has(name)) : [];
  const { lifetime, parent } = { lifetime: given.get("lifetime"), parent: given.get("parent") };
  return [
    ...inVain.map((name) => ({ headline: `--${name} is given beside --personal`, lines: ["A personal token has none."] })),
    ...(parent === undefined ? [] : idIn([parent]).problems),
    ...missing.map((name) => ({ headline: `--${name} is missing`, lines: [`Write --${name} NAME.`] })),
    ...(lifetime === undefined || parseDuration(lifetime) !== undefined
      ? []
      : [{ headline: "--lifetime is no duration", lines: ["Write it as 30m or 8h."] }]),
  ];
}
