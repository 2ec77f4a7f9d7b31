/** The pages of a form that met a step-up: it is sent now, was sent, or could not be kept. */
import type { PageForm } from "../page-view.ts";
import type { PageMaker } from "../pages.ts";

/** Sends it, when the person says so. */
export function sendFormPage({
  action,
  fields,
  page,
}: Pick<PageForm, "action" | "fields"> & { readonly page: string }): PageMaker {
  return ({ text }) => ({
    kind: "form",
    status: 200,
    title: text("form.title"),
    paragraphs: [text("form.text", { page })],
    form: { action, fields, buttons: [{ label: text("form.send") }] },
    formLeaves: true,
  });
}

/** It arrived; a second time would be another order, for example. */
export function formSentPage(): PageMaker {
  return ({ text }) => ({
    kind: "form",
    status: 200,
    title: text("form.sentTitle"),
    paragraphs: [text("form.sentText")],
    links: [{ label: text("goOn"), href: "/" }],
  });
}

/** Another person's, too long ago, or nothing that was ever kept. */
export function formGonePage(): PageMaker {
  return ({ text }) => ({
    kind: "form",
    status: 410,
    title: text("form.goneTitle"),
    paragraphs: [text("form.goneText")],
    links: [{ label: text("goOn"), href: "/" }],
  });
}

/** It had files in it, or was too long. */
export function formLostPage(back: string): PageMaker {
  return ({ text }) => ({
    kind: "form",
    status: 200,
    title: text("form.lostTitle"),
    paragraphs: [text("form.lostText")],
    links: [{ label: text("form.back"), href: back }],
  });
}
