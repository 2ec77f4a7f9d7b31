/** The words of our pages in German. */
import type { AllWords } from "./english.ts";

export const GERMAN: AllWords = {
  goOn: "Weiter",
  signInAgain: "Neu anmelden",
  signOut: "Abmelden",
  tryAgain: "Noch einmal versuchen",

  "choose.title": "Anmelden",
  "choose.text": "Wählen Sie, wie Sie sich anmelden möchten.",
  "choose.with": "Weiter mit {provider}",
  "choose.last": "Zuletzt verwendet",

  "failed.title": "Die Anmeldung ist nicht gelungen",
  "failed.later": "Die Anmeldung ist gerade nicht möglich",
  "failed.parameter": "Sehen Sie sich den Parameter {parameter} an.",
  "failed.reference": "Wenn das so bleibt, nennen Sie dem Betreiber dieser Website die Kennung",
  "failed.cause": "Auf diesem Rechner:",
  "refused.title": "Sie können sich hier nicht anmelden",
  "refused.text": "Dieses Konto darf sich hier nicht anmelden.",
  "refused.other": "Anderes Konto verwenden",

  "ended.title": "Sie sind abgemeldet",
  "ended.logout": "Sie haben sich abgemeldet.",
  "ended.elsewhere":
    "Sie wurden in einem anderen Fenster oder auf einem anderen Gerät abgemeldet, oder weil Ihr Passwort geändert wurde.",
  "ended.idle": "Sie wurden abgemeldet, weil Sie eine Weile nicht da waren.",
  "ended.expired": "Sie waren so lange angemeldet, wie diese Website es am Stück erlaubt.",
  "ended.provider": "Der Dienst, mit dem Sie sich anmelden, hat Ihre Sitzung beendet.",
  "ended.admin": "Eine Administratorin oder ein Administrator hat Ihre Sitzung beendet.",
  "ended.identity-changed": "In diesem Browser hat sich inzwischen jemand anderes angemeldet.",
  "ended.refresh-lost":
    "Die Verbindung zu dem Dienst, mit dem Sie sich anmelden, ist abgebrochen. Ihre Sitzung konnte nicht weitergehen.",

  "signedOut.title": "Sie sind abgemeldet",
  "signedOut.text": "Ihre Sitzung auf dieser Website ist beendet.",
  "signedOut.shared":
    "An einem Rechner, den auch andere benutzen: Melden Sie sich auch bei dem Dienst ab, mit dem Sie sich anmelden. Wenn er nicht erreichbar war oder Sie angemeldet lässt, kommt die nächste Person vielleicht ohne Passwort hinein.",
  "signedOut.notTitle": "Sie sind angemeldet",
  "signedOut.notText": "In diesem Browser hat sich inzwischen jemand angemeldet.",
  "signedOut.hereTitle": "Hier sind Sie abgemeldet",
  "signedOut.hereText":
    "Auf dieser Website sind Sie abgemeldet. Die Abmeldung bei dem Dienst, mit dem Sie sich anmelden, ist gerade nicht möglich.",
  "signedOut.there": "Auch dort abmelden",

  "ask.title": "Abmelden?",
  "ask.text": "Sie werden in diesem Browser abgemeldet.",
  "ask.stay": "Angemeldet bleiben",

  "landing.title": "Angemeldet",
  "landing.text": "Sie sind angemeldet.",

  "forbidden.title": "Hier haben Sie keinen Zutritt",
  "forbidden.text":
    "Sie sind angemeldet, aber das hier ist nicht für Sie freigegeben. Wenn es das sein sollte, fragen Sie den Betreiber dieser Website.",

  "form.title": "Jetzt senden?",
  "form.text":
    "Sie haben sich erneut angemeldet. Was Sie auf {page} ausgefüllt hatten, wurde aufgehoben und ist noch nicht gesendet.",
  "form.send": "Senden",
  "form.sentTitle": "Das wurde schon gesendet",
  "form.sentText": "Es ist einmal angekommen und wird nicht noch einmal gesendet.",
  "form.goneTitle": "Es gibt nichts mehr zu senden",
  "form.goneText":
    "Was ausgefüllt war, wird eine Viertelstunde aufgehoben, für die Person, die angemeldet war. Füllen Sie es noch einmal aus.",
  "form.lostTitle": "Was Sie ausgefüllt hatten, wurde nicht aufgehoben",
  "form.lostText":
    "Sie sind wieder angemeldet. Was Sie senden wollten, enthielt eine Datei oder war zu lang, um aufgehoben zu werden, und ist deshalb nicht gesendet. Gehen Sie zurück und senden Sie es noch einmal.",
  "form.back": "Zurück zum Formular",

  "outage.title": "Diese Seite kann gerade nicht geöffnet werden",
  "outage.wait": "Versuchen Sie es in {time} noch einmal.",
  "outage.soon": "Versuchen Sie es gleich noch einmal.",
  "outage.provider": "Ihre Anmeldung kann gerade nicht bestätigt werden",
  "outage.providerText":
    "Der Dienst, mit dem Sie sich anmelden, antwortet im Moment nicht. Sie sind weiterhin angemeldet, und nichts ist verloren.",
  "outage.token":
    "Sie braucht eine neue Erlaubnis von dem Dienst, mit dem Sie sich anmelden, und er gibt im Moment keine. Sie sind weiterhin angemeldet, und nichts ist verloren.",
  "outage.store": "Es lässt sich nicht feststellen, wer Sie sind. Sie sind weiterhin angemeldet, und nichts ist verloren.",
  "outage.signedOut": "In diesem Browser sind Sie abgemeldet",

  "devices.title": "Wo Sie angemeldet sind",
  "devices.text": "In diesen Browsern sind Sie angemeldet. Beenden Sie, was Sie nicht kennen oder nicht mehr benutzen.",
  "devices.tokens": "Programme, die für Sie handeln",
  "devices.tokensText": "Tokens, die Sie erstellt oder Programmen gegeben haben.",
  "devices.this": "Dieses Gerät",
  "devices.unknown": "Ein Browser",
  "devices.browser": "{browser} auf {system}",
  "devices.since": "Angemeldet {time}",
  "devices.sinceBy": "Angemeldet {time}, mit {provider}",
  "devices.seen": "Zuletzt gesehen {time}",
  "devices.from": "Von {address}",
  "devices.end": "Diese Sitzung beenden",
  "devices.endOthers": "Alle anderen Sitzungen beenden",
  "devices.old":
    "Ihre Anmeldung ist eine Weile her. Um eine Sitzung zu beenden, melden Sie sich neu an, damit sicher ist, dass Sie es sind.",
  "devices.oldTitle": "Melden Sie sich zuerst neu an",
  "devices.made": "Erstellt {time}",
  "devices.used": "Zuletzt benutzt {time}",
  "devices.neverUsed": "Nie benutzt",
  "devices.runsOut": "Läuft ab {time}",
  "devices.neverRunsOut": "Läuft nicht ab",
  "devices.for": "Für {audience}",
  "devices.forScope": "Für {audience}: {scope}",
  "devices.agent": "{agent} (handelt für Sie)",
  "devices.revoke": "Widerrufen",

  "consent.title": "Ein Programm zulassen?",
  "consent.who": "Ein Programm auf diesem Rechner, das sich {client} nennt, möchte für Sie handeln, {user}.",
  "consent.access": "Es erhält Zugang zu",
  "consent.scope": "Es darf",
  "consent.time": "Für",
  "consent.care": "Fahren Sie nur fort, wenn Sie es gerade selbst gestartet haben.",
  "consent.allow": "Zulassen",
  "consent.deny": "Ablehnen",
  "consent.again": "Neu anmelden",
  "consent.againText": "Ein Programm möchte für Sie handeln. Damit sicher ist, dass Sie es sind, melden Sie sich zuerst neu an.",
  "consent.wrong": "Das geht so nicht",
  "consent.wrongText": "Das Programm, das diese Seite geöffnet hat, fragt auf eine Weise, die nicht verstanden wird: {what}.",

  "error.ERR_BAD_REQUEST": "Die Anfrage ist fehlerhaft.",
  "error.ERR_BODY_TOO_LARGE": "Es wurde zu viel gesendet.",
  "error.ERR_UNSUPPORTED_MEDIA_TYPE": "Was gesendet wurde, wird hier nicht gelesen.",
  "error.ERR_APP_HOOK": "Die Anwendung konnte nicht feststellen, wer Sie sind.",
  "error.ERR_INTERNAL": "Hier ist etwas schiefgegangen.",
  "error.ERR_STORE_UNAVAILABLE": "Sitzungen können gerade nicht nachgesehen werden. Sie sind weiterhin angemeldet.",
  "error.ERR_STORE_CONTENTION":
    "Zu viele Änderungen an dieser Sitzung auf einmal. Nichts ist verloren; versuchen Sie es noch einmal.",
  "error.ERR_SESSION_ENDED": "Die Sitzung endete, bevor dies gespeichert war.",
  "error.ERR_PROVIDER_UNAVAILABLE": "Der Anmeldedienst antwortet nicht. Versuchen Sie es gleich noch einmal.",
  "error.ERR_PROVIDER_RESPONSE": "Der Anmeldedienst hat eine Antwort gegeben, der nicht zu trauen ist.",
  "error.ERR_PROVIDER_REFUSED": "Der Anmeldedienst hat abgelehnt.",
  "error.ERR_UPSTREAM_UNAVAILABLE": "Die Anwendung hinter dieser Website antwortet nicht.",
  "error.ERR_UPSTREAM_TIMEOUT": "Die Anwendung hinter dieser Website hat zu lange gebraucht.",
  "error.ERR_UPSTREAM_BUSY": "Die Anwendung hinter dieser Website hat mehr zu tun, als sie kann.",
  "error.ERR_LOGIN_STATE": "Diese Anmeldung wurde nicht in diesem Browser begonnen, oder sie wurde unterwegs verändert.",
  "error.ERR_LOGIN_EXPIRED": "Diese Anmeldung hat zu lange gedauert.",
  "error.ERR_LOGIN_USED": "Diese Anmeldung wurde schon verwendet.",
  "error.ERR_LOGOUT_PENDING":
    "In diesem Browser sind Sie abgemeldet. Die Sitzung überall zu beenden dauert noch einen Moment und geschieht von selbst.",
  "error.ERR_LOGOUT_UNFINISHED":
    "In diesem Browser sind Sie abgemeldet, aber Ihre Sitzung konnte nicht beendet werden. Melden Sie sich nach einer Weile noch einmal an und ab.",
};
