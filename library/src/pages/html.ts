/** HTML of a page, as ours look: no script, and every text escaped. */
import type { PageButton, PageEntry, PageForm, PageLink, PageSection, PageView } from "./page-view.ts";

const ESCAPES: { readonly [character: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it may stand in HTML, in an element or a quoted attribute. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

/** The document. */
export function htmlOf(view: PageView, style: string): string {
  const { title, language, direction, brand, onward, sections } = view;
  const refresh = onward === undefined ? "" : `\n<meta http-equiv="refresh" content="0;url=${escapeHtml(onward)}">`;
  const named = brand.name === undefined ? title : `${title} · ${brand.name}`;
  const turned = direction === "rtl" ? ' dir="rtl"' : "";
  return `<!doctype html>
<html lang="${escapeHtml(language)}"${turned}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">${refresh}
<title>${escapeHtml(named)}</title><style>${style}</style></head>
<body>${headerOf(view)}<main${sections === undefined ? "" : ' class="wide"'}><h1>${escapeHtml(title)}</h1>${contentOf(view)}</main></body></html>
`;
}

function headerOf({ brand: { name, logo } }: PageView): string {
  if (logo !== undefined) return `<header class="brand"><img src="${escapeHtml(logo)}" alt="${escapeHtml(name ?? "")}"></header>`;
  return name === undefined ? "" : `<header class="brand">${escapeHtml(name)}</header>`;
}

function contentOf(view: PageView): string {
  const { paragraphs, facts = [], choices = [], form, links = [], sections = [], reference } = view;
  const [first, ...rest] = paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`);
  return [
    first ?? "",
    ...facts.map(({ label, value }) => `<p class="fact">${escapeHtml(label)} <code>${escapeHtml(value)}</code></p>`),
    ...rest,
    choices.length === 0 ? "" : `<ul class="choices">${choices.map(choiceOf).join("")}</ul>`,
    form === undefined ? rowOf(links.map((one, index) => linkOf(one, index > 0))) : formOf(form, links),
    ...sections.map(sectionOf),
    reference === undefined
      ? ""
      : `<p class="dim foot">${escapeHtml(reference.label)} <code>${escapeHtml(reference.value)}</code></p>`,
  ].join("\n");
}

const rowOf = (parts: readonly string[]): string => (parts.length === 0 ? "" : `<div class="row">${parts.join("")}</div>`);

const linkOf = ({ label, href }: PageLink, quiet: boolean): string =>
  `<a class="go${quiet ? " quiet" : ""}" href="${escapeHtml(href)}">${escapeHtml(label)}</a>`;

const choiceOf = ({ note, ...link }: PageLink, index: number): string =>
  `<li>${linkOf(link, index > 0)}${note === undefined ? "" : `<span class="dim">${escapeHtml(note)}</span>`}</li>`;

function buttonOf({ label, name, value = "" }: PageButton, quiet: boolean, about = ""): string {
  const sent = name === undefined ? "" : ` name="${escapeHtml(name)}" value="${escapeHtml(value)}"`;
  return `<button type="submit"${quiet ? ' class="quiet"' : ""}${sent}${about}>${escapeHtml(label)}</button>`;
}

const openForm = ({ action, fields }: PageForm): string =>
  `<form method="post" action="${escapeHtml(action)}">${fields
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join("")}`;

function formOf(form: PageForm, links: readonly PageLink[]): string {
  const buttons = form.buttons.map((one, index) => buttonOf(one, index > 0));
  return `${openForm(form)}${rowOf([...buttons, ...links.map((one) => linkOf(one, true))])}</form>`;
}

function sectionOf({ title, text, entries, form }: PageSection, index: number): string {
  const id = `s${index}`;
  const heading = title === undefined ? "" : `<h2 id="${id}">${escapeHtml(title)}</h2>`;
  const below = text === undefined ? "" : `<p>${escapeHtml(text)}</p>`;
  const list = entries.map((one, at) => entryOf(one, `${id}e${at}`, title === undefined ? "h2" : "h3")).join("\n");
  const whole = form === undefined ? "" : formOf(form, []);
  return `<section${title === undefined ? "" : ` aria-labelledby="${id}"`}>${heading}${below}<ul class="entries">${list}</ul>${whole}</section>`;
}

/** Buttons of several entries say the same: which entry each is about stands in its title. */
function entryOf({ title, badge, lines, form, links = [] }: PageEntry, id: string, level: "h2" | "h3"): string {
  const mark = badge === undefined ? "" : ` <span class="badge">${escapeHtml(badge)}</span>`;
  const said = lines.map((line) => `<p class="dim">${escapeHtml(line)}</p>`).join("");
  const about = ` aria-describedby="${id}"`;
  const ways = links.map((one) => linkOf(one, true)).join("");
  const doing =
    form === undefined ? "" : `${openForm(form)}${form.buttons.map((one) => buttonOf(one, true, about)).join("")}</form>`;
  return `<li><div><${level} class="entry"><span id="${id}">${escapeHtml(title)}</span>${mark}</${level}>${said}</div>${ways}${doing}</li>`;
}
