/** The app's pages as HTML: front page, desk, and the page for an unknown path. */
import { html, type Markup, page } from "../html.ts";
import type { Visitor } from "./app.ts";
import { LONGEST_NOTE } from "./notes.ts";

const header = (visitor: Visitor | undefined): Markup => html`<header class="bar"><div class="wide">
<a class="brand" href="/"><img src="/assets/icon.svg" alt="" width="28" height="28"> Coatcheck <span class="dim">demo</span></a>
${visitor === undefined ? html`<a class="button" href="/auth/login?return_to=%2Fdesk">Sign in</a>` : signOut(visitor)}
</div></header>`;

const signOut = (visitor: Visitor): Markup => html`<div class="who">${face(visitor)}<span class="name">${visitor.name}</span>
<form method="post" action="/auth/logout"><button id="sign-out">Sign out</button></form></div>`;

const face = ({ user, name }: Visitor): Markup =>
  html`<span class="face ${["alice", "bob"].includes(user) ? user : ""}" aria-hidden="true">${name.slice(0, 1).toUpperCase()}</span>`;

const footer = html`<footer class="wide dim">Everything runs on this machine. No third party sees a byte of it.</footer>`;

/** Where all visitors arrive, and where signing out ends: `back` from the provider's logout. */
export function frontPage(visitor: Visitor | undefined, back: boolean): string {
  const content = visitor === undefined ? (back ? signedOut : anonymous) : welcome(visitor);
  return page(
    "Coatcheck demo",
    html`<body>${header(visitor)}<main class="wide"><section class="hero">${content}</section>${howItWorks}</main>${footer}</body>`,
    visitor === undefined ? undefined : "/assets/session.js",
  );
}

const anonymous = html`<h1>You are not signed in</h1>
<p class="lead">This is an ordinary Express app. It has no login of its own: the gateway in front of it sees to that, with a real OpenID provider.</p>
<p class="row"><a class="button primary" id="sign-in" href="/auth/login?return_to=%2Fdesk">Sign in</a> <a class="button" href="/desk">Open the protected page</a></p>
<p class="dim">The protected page comes to the same: the gateway sends you to the login first.</p>`;

const signedOut = html`<h1>You are signed out</h1>
<p class="lead">Here, at the provider, and wherever a copy of your cookie may have been taken: the session itself has ended, so the copy gets a <strong class="bad">401</strong>.</p>
<p class="row"><a class="button primary" id="sign-in" href="/auth/login?return_to=%2Fdesk">Sign in again</a> <a class="button" href="/">Start over</a></p>`;

const welcome = ({ name }: Visitor): Markup => html`<h1>You are signed in as ${name}</h1>
<p class="lead">The gateway told this app so, in headers that no other program can send.</p>
<p class="row"><a class="button primary" href="/desk">Go to your desk</a></p>`;

export interface DeskContent {
  readonly visitor: Visitor;
  readonly notes: readonly string[];
  /** What reached the app, to be shown. */
  readonly seen: readonly (readonly [name: string, value: string])[];
  readonly origin: string;
}

/** The protected page. What the browser may know of its session it asks the gateway itself, in `desk.js`. */
export function deskPage({ visitor, notes, seen, origin }: DeskContent): string {
  return page(
    `${visitor.name} · Coatcheck demo`,
    html`<body data-user="${visitor.user}">${header(visitor)}<main class="wide">
<section class="hero person-hero">${face(visitor)}<div><h1>Hello, ${visitor.name}.</h1>
<p class="lead">${visitor.email} ${visitor.groups.map((group) => html`<span class="tag">${group}</span> `)}</p></div></section>
<div class="grid">${sessionCard}${notesCard(notes)}${claimsCard}${seenCard(seen)}</div>
${stealCard(origin)}${howItWorks}</main>${footer}</body>`,
    "/assets/desk.js",
  );
}

const sessionCard = html`<section class="card" id="session"><h2>Your session</h2>
<p class="dim">As the gateway tells this page: <code>GET /auth/session</code>, never with a token in it.</p>
<dl><dt>Handle</dt><dd><code id="handle">…</code></dd><dt>Began</dt><dd id="created">…</dd>
<dt>Ends if idle</dt><dd id="idle">…</dd><dt>Ends at the latest</dt><dd id="expires">…</dd></dl>
<p class="fine">The handle names the session in logs and lists. It proves nothing: what does is in a cookie that no script can read.</p>
<noscript><p class="alert">These values need the page's one small script.</p></noscript></section>`;

const claimsCard = html`<section class="card" id="claims"><h2>What the provider says</h2>
<p class="dim">Claims of the ID token, signature checked.</p>
<div class="scroll"><table><thead><tr><th scope="col">Claim</th><th scope="col">Value</th></tr></thead><tbody id="claim-rows"></tbody></table></div></section>`;

const seenCard = (seen: DeskContent["seen"]): Markup => html`<section class="card"><h2>What reached this app</h2>
<p class="dim">The gateway writes these headers itself, and keeps its own cookie from the app.</p>
<div class="scroll"><table><thead><tr><th scope="col">Header</th><th scope="col">Value</th></tr></thead><tbody>
${seen.map(([name, value]) => html`<tr><th scope="row"><code>${name}</code></th><td>${value === "" ? html`<span class="dim">empty</span>` : value}</td></tr>`)}
</tbody></table></div></section>`;

const notesCard = (notes: readonly string[]): Markup => html`<section class="card" id="notes"><h2>Your notes</h2>
<p class="dim">Session data of this app, kept with the library in a cookie named <code>demo</code> and a SQLite file.</p>
<form method="post" action="/desk/notes" class="line"><label class="grow"><span class="hidden">A note</span><input name="note" required maxlength="${LONGEST_NOTE}" placeholder="Remember the blue umbrella" autocomplete="off"></label><button class="primary">Write</button></form>
${
  notes.length === 0
    ? html`<p class="empty">Nothing written yet.</p>`
    : html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>
<form method="post" action="/desk/notes/clear"><button class="quiet">Forget them</button></form>`
}</section>`;

const stealCard = (origin: string): Markup => html`<section class="card" id="steal"><h2>Try to steal it</h2>
<ol class="steps"><li>Open the developer tools and copy the value of the cookie <code>coatcheck-${new URL(origin).port}</code>. A script could not: it is <code>HttpOnly</code>.</li>
<li>Use it somewhere else. It works, for the server takes its holder for you: <pre tabindex="0" role="region" aria-label="The command"><code>curl -i ${origin}/auth/session -H 'Cookie: coatcheck-${new URL(origin).port}=PASTE'</code></pre></li>
<li>Sign out here, and run it again: <strong class="bad">401</strong>. The session ended in the store, not only in your browser.</li></ol></section>`;

const howItWorks = html`<section class="card" id="how"><h2>How this works</h2>
<div class="flow"><div class="node"><strong>Browser</strong><span class="dim">holds a ticket in a cookie, and no token</span></div>
<div class="edge"><span>cookie</span></div>
<div class="middle"><div class="node strong"><strong>Gateway</strong><span class="dim">Coatcheck: checks the ticket, finds the session</span></div>
<div class="edge down"><span>sign-in, tokens</span></div><div class="edge down"><span>sessions</span></div>
<div class="node"><strong>Provider</strong><span class="dim">OpenID Connect</span></div>
<div class="node"><strong>SQLite</strong><span class="dim">hashes instead of tickets</span></div></div>
<div class="edge"><span>headers</span></div>
<div class="node"><strong>This app</strong><span class="dim">Express: reads who it is</span></div></div>
<p>Signing in leads over the provider and back. The gateway checks what the provider signed, keeps the tokens to itself, and gives the browser a random ticket. With every request it looks the ticket up, and tells the app who is there. Signing out ends the session in the store first, then at the provider, and revokes the tokens.</p></section>`;

/** A page for what is not there or not right. */
export function missingPage(title: string, reason: string): string {
  return page(
    `${title} · Coatcheck demo`,
    html`<body class="centred"><main class="sheet"><h1>${title}</h1><p class="lead">${reason}</p><p><a class="button primary" href="/">To the front page</a></p></main></body>`,
  );
}
