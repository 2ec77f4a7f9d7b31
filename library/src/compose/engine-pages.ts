/** The pages that the engine answers with instead of the handler. */
import { retryAfter } from "../core/errors/problem-answer.ts";
import type { EngineOptions } from "../engine/request/options.ts";
import type { Pages } from "../pages/pages.ts";
import { forbiddenPage } from "../pages/views/forbidden.ts";
import { outagePage } from "../pages/views/outage.ts";

/** Whether a page is the answer is told from these. */
const VARIES = ["vary", "Sec-Fetch-Mode, Sec-Fetch-Dest, Accept"] as const;

/** Makes them. */
export function enginePages(pages: Pages): Pick<EngineOptions<unknown>, "outagePage" | "forbiddenPage"> {
  return {
    outagePage(outage, request) {
      const { status, headers, body } = pages.show(request, outagePage(outage));
      return { status, headers: [...headers, ...retryAfter(status, outage.retryAfter), VARIES], body };
    },
    forbiddenPage(logout, request) {
      const { status, headers, body } = pages.show(request, forbiddenPage(logout));
      return { status, headers: [...headers, VARIES], body };
    },
  };
}
