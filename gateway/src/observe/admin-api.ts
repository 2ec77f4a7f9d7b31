/** Which API of the admin listener answers at a path. */
import type { RouteResponse, SessionDirectory, TokenDirectory } from "coatcheck";
import type { AdminRequest } from "./admin-answers.ts";
import { answerSessions, isSessionsPath } from "./admin-sessions.ts";
import { answerTokens, isTokensPath } from "./admin-tokens.ts";

interface Directories {
  readonly directory: SessionDirectory;
  readonly tokens: TokenDirectory;
}

/** Sessions and tokens; `undefined` for all other paths. */
export function adminApi({ directory, tokens }: Directories) {
  return (path: string): ((request: AdminRequest) => Promise<RouteResponse>) | undefined => {
    if (isSessionsPath(path)) return (request) => answerSessions(request, directory);
    return isTokensPath(path) ? (request) => answerTokens(request, tokens) : undefined;
  };
}
