/** Keeps the page true: who is signed in is heard from other tabs, too. */
import { sessionClient } from "/assets/coatcheck/session-client.js";

/** One for the page; every script of it shares it. */
export const client = sessionClient();

// Without this script the form signs out just as well; with it the other tabs hear so at once.
const form = document.querySelector('form[action="/auth/logout"]');
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  client.signOut().catch(() => form.submit());
});

// The server renders every page, so another user is another page. Without one it is a page for all: a page for users would
// lead to the provider, which may not have signed its user out yet, and would sign them in again.
client.subscribe((session) => (session === null ? location.assign("/") : location.reload()));
await client.session().catch(() => undefined);
