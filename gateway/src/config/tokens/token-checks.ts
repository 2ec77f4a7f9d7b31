/** Checks of `tokens`, and of those who name an audience of it. */
import type { Settings } from "../definition.ts";
import type { Problem } from "../sources/place.ts";

/** As the library has it: compared, and shown in lists. */
const NAME = /^[\x21-\x7e]{1,255}$/;
/** RFC 6749 s3.3. */
const WORDS = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

type Audiences = Settings["tokens"]["audiences"];

/** What is wrong with them. */
export function ofTokens({ tokens: { audiences, accept }, upstreams, check }: Settings): Problem[] {
  const strange = accept.filter((name) => !audiences.some((one) => one.name === name));
  return [
    ...audiences.flatMap((audience, index) => ofAudience(audience, index, audiences)),
    ...strange.map((name) => unknown("tokens.accept has", name, audiences)),
    ...upstreams.flatMap((upstream, index) => ofNamed(`upstreams[${index}]`, upstream, audiences)),
    ...upstreams.flatMap(({ access, audience }, index) => (access === "public" && audience !== undefined ? [inVain(index)] : [])),
    ...ofNamed("check", check, audiences),
  ];
}

function ofAudience({ name, scope }: Audiences[number], index: number, all: Audiences): Problem[] {
  const key = `tokens.audiences[${index}]`;
  const problems: Problem[] = [];
  if (!NAME.test(name)) {
    problems.push({ headline: `${key}.name is no name of an audience`, lines: ["It has 1 to 255 ASCII characters, no spaces."] });
  }
  if (all.findIndex((one) => one.name === name) < index) {
    problems.push({ headline: `${key}.name is ${name}, which another audience has`, lines: ["Give each a name of its own."] });
  }
  if (scope !== undefined && !WORDS.test(scope)) {
    problems.push({ headline: `${key}.scope is no list of words`, lines: ["It has words with single spaces between."] });
  }
  return problems;
}

interface Named {
  readonly token: string;
  readonly audience: string | undefined;
  readonly scope: string | undefined;
}

function ofNamed(key: string, { token, audience, scope }: Named, audiences: Audiences): Problem[] {
  if (audience === undefined) {
    const lines = [`Set ${key}.audience to one of tokens.audiences.`];
    return [
      ...(token === "own" ? [{ headline: `${key}.token is own, though ${key}.audience is not given`, lines }] : []),
      ...(scope === undefined ? [] : [{ headline: `${key}.scope is given, though ${key}.audience is not`, lines }]),
    ];
  }
  const found = audiences.find(({ name }) => name === audience);
  if (found === undefined) return [unknown(`${key}.audience is`, audience, audiences)];
  const words = (found.scope ?? "").split(" ");
  const more = (scope ?? "").split(" ").filter((word) => word !== "" && !words.includes(word));
  return more.map((word) => ({
    headline: `${key}.scope has ${word}, which tokens for ${audience} cannot have`,
    lines: [
      `${found.scope === undefined ? "They have no scope" : `Known there: ${words.join(", ")}`}. Add it to tokens.audiences.`,
    ],
  }));
}

function unknown(said: string, name: string, audiences: Audiences): Problem {
  const known = audiences.map((one) => one.name);
  const lines = [known.length === 0 ? "There are no tokens.audiences." : `Known there: ${known.join(", ")}.`];
  return { headline: `${said} ${name}, which is none of tokens.audiences`, lines };
}

function inVain(index: number): Problem {
  const lines = ["Callers are not authenticated there, so all would pass."];
  return { headline: `upstreams[${index}].audience is given, though access is public`, lines };
}
