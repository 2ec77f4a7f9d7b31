/** The words of our pages in English; the other languages have the same keys. */

/** `{…}` is filled in. A language that lacks a text shows this one. */
export const ENGLISH = {
  goOn: "Go on",
  signInAgain: "Sign in again",
  signOut: "Sign out",
  tryAgain: "Try again",

  "choose.title": "Sign in",
  "choose.text": "Choose how you want to sign in.",
  "choose.with": "Continue with {provider}",
  "choose.last": "You used this last time",

  "failed.title": "Signing in did not work",
  "failed.later": "Signing in is not possible right now",
  "failed.parameter": "Look at the parameter {parameter}.",
  "failed.reference": "If it goes on like this, tell the operator of this site the reference",
  "failed.cause": "On this machine:",
  "refused.title": "You cannot sign in here",
  "refused.text": "This account may not sign in here.",
  "refused.other": "Use another account",

  "ended.title": "You are signed out",
  "ended.logout": "You have signed out.",
  "ended.elsewhere": "You were signed out from another window or device, or because your password was changed.",
  "ended.idle": "You were signed out because you were away for a while.",
  "ended.expired": "You were signed in for as long as this site allows at a stretch.",
  "ended.provider": "The service that you sign in with has ended your session.",
  "ended.admin": "An administrator has ended your session.",
  "ended.identity-changed": "Another user has signed in since, in this browser.",
  "ended.refresh-lost": "The connection to the service that you sign in with broke down, so your session could not go on.",

  "signedOut.title": "You are signed out",
  "signedOut.text": "Your session at this site has ended.",
  "signedOut.shared":
    "On a computer that others use as well, make sure that you are signed out of the service that you sign in with, too: where that could not be reached or keeps you signed in, the next person may get in without a password.",
  "signedOut.notTitle": "You are signed in",
  "signedOut.notText": "A user has signed in with this browser since.",
  "signedOut.hereTitle": "You are signed out here",
  "signedOut.hereText":
    "You are signed out of this site. Signing out of the service that you sign in with is not possible just now.",
  "signedOut.there": "Sign out there too",

  "ask.title": "Sign out?",
  "ask.text": "You will be signed out in this browser.",
  "ask.stay": "Stay signed in",

  "landing.title": "Signed in",
  "landing.text": "You are signed in.",

  "forbidden.title": "You may not come in here",
  "forbidden.text": "You are signed in, but this is not for you. If you think that it should be, ask the operator of this site.",

  "form.title": "Send it now?",
  "form.text": "You have signed in again. What you had filled in at {page} was kept, and has not been sent yet.",
  "form.send": "Send",
  "form.sentTitle": "This was sent already",
  "form.sentText": "It arrived once, and is not sent again.",
  "form.goneTitle": "There is nothing to send any more",
  "form.goneText": "What was filled in is kept for a quarter of an hour, for the person who was signed in. Fill it in again.",
  "form.lostTitle": "What you filled in was not kept",
  "form.lostText":
    "You are signed in again. What you were sending had a file in it or was too long to be kept, so it has not been sent. Go back and send it again.",
  "form.back": "Back to the form",

  "outage.title": "This page cannot be opened right now",
  "outage.wait": "Try again in {time}.",
  "outage.soon": "Try again in a moment.",
  "outage.provider": "Your sign-in cannot be confirmed right now",
  "outage.providerText":
    "The service that you sign in with does not answer at the moment. You are still signed in, and nothing is lost.",
  "outage.token":
    "It needs a fresh permission from the service that you sign in with, which gives none at the moment. You are still signed in, and nothing is lost.",
  "outage.store": "It cannot be looked up who you are. You are still signed in, and nothing is lost.",
  "outage.signedOut": "You are signed out in this browser",

  "devices.title": "Where you are signed in",
  "devices.text": "You are signed in in these browsers. End what you do not know, or do not use any more.",
  "devices.tokens": "Programs that act for you",
  "devices.tokensText": "Tokens that you made, or that you gave to programs.",
  "devices.this": "This device",
  "devices.unknown": "A browser",
  "devices.browser": "{browser} on {system}",
  "devices.since": "Signed in {time}",
  "devices.sinceBy": "Signed in {time}, by {provider}",
  "devices.seen": "Last seen {time}",
  "devices.from": "From {address}",
  "devices.end": "End this session",
  "devices.endOthers": "End all other sessions",
  "devices.old": "You signed in a while ago. To end a session, sign in again, so that it is certain that it is you.",
  "devices.oldTitle": "Sign in again first",
  "devices.made": "Made {time}",
  "devices.used": "Last used {time}",
  "devices.neverUsed": "Never used",
  "devices.runsOut": "Runs out {time}",
  "devices.neverRunsOut": "Does not run out",
  "devices.for": "For {audience}",
  "devices.forScope": "For {audience}: {scope}",
  "devices.agent": "{agent} (acts for you)",
  "devices.revoke": "Revoke",

  "consent.title": "Let a program in?",
  "consent.who": "A program on this computer that calls itself {client} asks to act for you, {user}.",
  "consent.access": "It gets access to",
  "consent.scope": "It may do",
  "consent.time": "For",
  "consent.care": "Go on only if you have just started it yourself.",
  "consent.allow": "Allow",
  "consent.deny": "Refuse",
  "consent.again": "Sign in again",
  "consent.againText": "A program asks to act for you. To be sure that it is you, sign in again first.",
  "consent.wrong": "This does not work",
  "consent.wrongText": "The program that opened this page asked in a way that is not understood: {what}.",

  "error.ERR_BAD_REQUEST": "The request is malformed.",
  "error.ERR_BODY_TOO_LARGE": "The body is too large.",
  "error.ERR_UNSUPPORTED_MEDIA_TYPE": "The body is of a type that is not read here.",
  "error.ERR_APP_HOOK": "The app could not tell who you are.",
  "error.ERR_INTERNAL": "Something went wrong here.",
  "error.ERR_STORE_UNAVAILABLE": "Sessions cannot be looked up right now. You are still signed in.",
  "error.ERR_STORE_CONTENTION": "Too many changes to this session at once. Nothing was lost; try again.",
  "error.ERR_SESSION_ENDED": "The session ended before this was stored.",
  "error.ERR_PROVIDER_UNAVAILABLE": "The sign-in service does not answer. Try again in a moment.",
  "error.ERR_PROVIDER_RESPONSE": "The sign-in service gave an answer that cannot be trusted.",
  "error.ERR_PROVIDER_REFUSED": "The sign-in service refused.",
  "error.ERR_UPSTREAM_UNAVAILABLE": "The app behind this site does not answer.",
  "error.ERR_UPSTREAM_TIMEOUT": "The app behind this site took too long.",
  "error.ERR_UPSTREAM_BUSY": "The app behind this site has more to do than it can.",
  "error.ERR_LOGIN_STATE": "This login was not started in this browser, or it was changed on the way.",
  "error.ERR_LOGIN_EXPIRED": "This login took too long.",
  "error.ERR_LOGIN_USED": "This login was used already.",
  "error.ERR_LOGOUT_PENDING":
    "You are signed out in this browser. Ending the session everywhere takes a moment longer, and goes on by itself.",
  "error.ERR_LOGOUT_UNFINISHED":
    "You are signed out in this browser, but your session could not be ended. Sign in and sign out again in a while.",
} as const;

/** The name of a text. */
export type WordKey = keyof typeof ENGLISH;

/** The words of one language, all of them. */
export type AllWords = { readonly [key in WordKey]: string };
