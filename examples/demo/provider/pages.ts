/** The provider's pages as HTML: login, logout, and errors. */
import { html, type Markup, page } from "../html.ts";
import { PASSWORD, PEOPLE, type Person } from "./people.ts";

export interface LoginContent {
  /** Where the form goes. */
  readonly action: string;
  /** The app that asks. */
  readonly client: string;
  /** What to put into the field. */
  readonly hint: string;
  /** Why the last try failed. */
  readonly problem?: string;
}

const brand = html`<p class="brand"><span class="seal">id</span> Development provider</p>`;

const card = (title: string, content: Markup, script?: string): string =>
  page(title, html`<body class="centred"><main class="sheet">${brand}${content}</main></body>`, script);

/** Pick a user, or type a name and the password. */
export function loginPage({ action, client, hint, problem }: LoginContent): string {
  const choices = PEOPLE.map(choice);
  const alert = problem === undefined ? "" : html`<p class="alert" role="alert">${problem}</p>`;
  return card(
    "Sign in · Development provider",
    html`<h1>Who are you today?</h1>
<p class="lead">${client} asks who you are. Pick a user:</p>
${alert}
<form method="post" action="${action}" class="people">${choices}</form>
<p class="or"><span>or type</span></p>
<form method="post" action="${action}" class="stack">
<label>Name <input name="login" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64" value="${hint}" placeholder="alice"></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required maxlength="128"></label>
<button class="primary">Sign in</button>
</form>
<p class="fine">For development alone: the password of all users is <code>${PASSWORD}</code>, and this provider forgets everything when the demo stops.</p>`,
  );
}

function choice({ id, name, email, givenName, familyName }: Person): Markup {
  return html`<button name="pick" value="${id}" class="person"><span class="face ${id}" aria-hidden="true">${givenName.slice(0, 1)}${familyName.slice(0, 1)}</span>
<span><strong>${name}</strong><br><span class="dim">${email}</span></span><span class="go" aria-hidden="true">→</span></button>`;
}

/** The form goes by itself; without a script, by its button. */
export function logoutPage(action: string, token: string): string {
  return card(
    "Signing out · Development provider",
    html`<h1>Signing you out</h1>
<p class="lead">The app has ended its session. This provider ends its own as well.</p>
<form method="post" action="${action}" id="logout"><input type="hidden" name="xsrf" value="${token}"><input type="hidden" name="logout" value="yes">
<button class="primary">Sign out here too</button></form>`,
    "/assets/sign-out.js",
  );
}

/** Where a logout ends that came from no app. */
export function signedOutPage(): string {
  return card("Signed out · Development provider", html`<h1>You are signed out</h1><p class="lead">You can close this page.</p>`);
}

export interface ErrorContent {
  readonly title: string;
  readonly reason: string;
  readonly code: string;
  /** Where to start again. */
  readonly home: string;
}

export function errorPage({ title, reason, code, home }: ErrorContent): string {
  return card(
    `${title} · Development provider`,
    html`<h1>${title}</h1><p class="lead">${reason}</p>
<p><a class="button primary" href="${home}">Back to the demo</a></p>
<p class="fine">The provider calls this <code>${code}</code>.</p>`,
  );
}
