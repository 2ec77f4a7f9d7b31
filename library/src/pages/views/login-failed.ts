/** The pages of a login that failed, and of a user who may not come in. */
import type { ErrorCode } from "../../contracts.ts";
import { ERRORS } from "../../core/errors.ts";
import type { PageMaker } from "../pages.ts";
import { errorText } from "./error-text.ts";

interface FailureContent {
  readonly code: ErrorCode;
  /** What the app says to who may not come in. */
  readonly sentence?: string;
  /** The parameter that is malformed. */
  readonly parameter?: string;
  /** Where a new login begins. */
  readonly login: string;
  /** Where a user goes on to who is signed in all the same. */
  readonly goOn?: string;
  /** As the operator finds it in the log. */
  readonly reference: string;
  /** What went wrong, for a developer at their own machine. */
  readonly cause?: string;
}

/** The page of a login that failed. */
export function failurePage({ code, sentence, parameter, login, goOn, reference, cause }: FailureContent): PageMaker {
  const { status } = ERRORS[code];
  const refused = code === "ERR_FORBIDDEN";
  return (language) => {
    const { text } = language;
    const usual = refused ? text("refused.text") : errorText(language, code);
    const told = sentence === undefined ? usual : language.name(sentence);
    const wrong = parameter === undefined ? "" : ` ${text("failed.parameter", { parameter })}`;
    const again = refused
      ? { label: text("refused.other"), href: `${login}&prompt=select_account` }
      : { label: text("signInAgain"), href: login };
    return {
      kind: refused ? "refused" : "failed",
      status,
      title: text(refused ? "refused.title" : status === 503 ? "failed.later" : "failed.title"),
      paragraphs: [told + wrong],
      links: goOn === undefined ? [again] : [{ label: text("goOn"), href: goOn }, again],
      reference: { label: text("failed.reference"), value: reference },
      facts: cause === undefined ? [] : [{ label: text("failed.cause"), value: cause }],
    };
  };
}
