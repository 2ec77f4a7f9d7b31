/** Checks of `tokens`, and of those who name an audience of it. */
import type { Settings } from "../definition.ts";
import type { Problem } from "../sources/place.ts";
import { acceptedAudiences } from "./accepted.ts";

/** As the library has it: compared, and shown in lists. */
const NAME = /^[\x21-\x7e]{1,255}$/;
/** RFC 6749 s3.3. */
const WORDS = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** Characters of a service's secret. */
const LEAST_SECRET = 32;

type Audiences = Settings["tokens"]["audiences"];

/** What is wrong with them. */
export function ofTokens(settings: Settings): Problem[] {
  const { tokens, upstreams, check } = settings;
  const { audiences, accept } = tokens;
  const strange = accept.filter((name) => !audiences.some((one) => one.name === name));
  return [
    ...audiences.flatMap((audience, index) => ofAudience(audience, index, audiences)),
    ...strange.map((name) => unknown("tokens.accept has", name, audiences)),
    ...upstreams.flatMap((upstream, index) => ofNamed(`upstreams[${index}]`, upstream, audiences)),
    ...upstreams.flatMap(({ access, audience }, index) => (access === "public" && audience !== undefined ? [inVain(index)] : [])),
    ...ofNamed("check", check, audiences),
    ...ofPersonal(settings),
    ...tokens.allow.flatMap((rule, index) => ofRule(`tokens.allow[${index}]`, rule, audiences)),
  ];
}

/** As the library has it. */
const PREFIX = /^[A-Za-z][A-Za-z0-9_]{0,30}[A-Za-z0-9]$/;

function ofPersonal(settings: Settings): Problem[] {
  const { personal, audiences } = settings.tokens;
  if (personal === undefined) return [];
  const accepted = acceptedAudiences(settings);
  const { audience, prefix } = personal;
  const problems: Problem[] = [];
  if (accepted.length === 0) {
    const lines = ["No token of ours passes here. Name an audience in tokens.accept (COATCHECK_TOKEN_ACCEPT)."];
    problems.push({ headline: "tokens.personal is given, though tokens.accept is empty", lines });
  } else if (audience !== undefined && !accepted.includes(audience)) {
    if (!audiences.some(({ name }) => name === audience))
      problems.push(unknown("tokens.personal.audience is", audience, audiences));
    else {
      const lines = [`Its tokens pass nowhere here. Those of these do: ${accepted.join(", ")}.`];
      problems.push({
        headline: `tokens.personal.audience is ${audience}, which no upstream and not tokens.accept names`,
        lines,
      });
    }
  }
  if (!PREFIX.test(prefix)) {
    const lines = ["It is 2 to 32 letters, digits and _, a letter first and no _ last."];
    problems.push({ headline: "tokens.personal.prefix cannot begin a token", lines });
  }
  return problems;
}

type Rule = Settings["tokens"]["allow"][number];

function ofRule(key: string, { audiences: named, scope = "" }: Rule, audiences: Audiences): Problem[] {
  const strange = named.filter((name) => !audiences.some((one) => one.name === name));
  const meant = audiences.filter(({ name }) => named.length === 0 || named.includes(name));
  const known = [...new Set(meant.flatMap((one) => wordsOf(one.scope)))];
  const more = strange.length > 0 ? [] : wordsOf(scope).filter((word) => !known.includes(word));
  return [
    ...strange.map((name) => unknown(`${key}.audiences has`, name, audiences)),
    ...more.map((word) => ({
      headline: `${key}.scope has ${word}, which no token of its audiences can have`,
      lines: [`${known.length === 0 ? "They have no scope" : `Known there: ${known.join(", ")}`}. Add it to tokens.audiences.`],
    })),
  ];
}

const wordsOf = (scope = ""): readonly string[] => scope.split(" ").filter((word) => word !== "");

function ofAudience(audience: Audiences[number], index: number, all: Audiences): Problem[] {
  const { name, scope, introspection = [], lifetime, family, idle } = audience;
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
  if (introspection.some((secret) => secret.length < LEAST_SECRET)) {
    const lines = [`It has at least ${LEAST_SECRET} characters. Make one:  npx coatcheck secret`];
    problems.push({ headline: `${key}.introspection is too short`, lines });
  }
  if (idle !== undefined && family === undefined) {
    const lines = ["There are no refresh tokens that could be idle."];
    problems.push({ headline: `${key}.idle is given, though ${key}.family is not`, lines });
  } else if (idle !== undefined && (idle < lifetime || idle > (family ?? 0))) {
    const lines = ["Refresh tokens would run out before access tokens, or never be idle for so long."];
    problems.push({ headline: `${key}.idle is not between ${key}.lifetime and ${key}.family`, lines });
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
  const words = wordsOf(found.scope);
  const more = wordsOf(scope).filter((word) => !words.includes(word));
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
