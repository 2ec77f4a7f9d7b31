/** The words of our pages in French. */
import type { AllWords } from "./english.ts";

export const FRENCH: AllWords = {
  goOn: "Continuer",
  signInAgain: "Se reconnecter",
  signOut: "Se déconnecter",
  tryAgain: "Réessayer",

  "choose.title": "Se connecter",
  "choose.text": "Choisissez comment vous connecter.",
  "choose.with": "Continuer avec {provider}",
  "choose.last": "Utilisé la dernière fois",

  "failed.title": "La connexion n’a pas abouti",
  "failed.later": "La connexion est impossible pour le moment",
  "failed.parameter": "Vérifiez le paramètre {parameter}.",
  "failed.reference": "Si le problème persiste, indiquez à l’exploitant de ce site la référence",
  "failed.cause": "Sur cette machine :",
  "refused.title": "Vous ne pouvez pas vous connecter ici",
  "refused.text": "Ce compte n’est pas autorisé à se connecter ici.",
  "refused.other": "Utiliser un autre compte",

  "ended.title": "Vous êtes déconnecté",
  "ended.logout": "Vous vous êtes déconnecté.",
  "ended.elsewhere":
    "Vous avez été déconnecté depuis une autre fenêtre ou un autre appareil, ou parce que votre mot de passe a été changé.",
  "ended.idle": "Vous avez été déconnecté après une période d’inactivité.",
  "ended.expired": "Vous êtes resté connecté aussi longtemps que ce site le permet d’affilée.",
  "ended.provider": "Le service avec lequel vous vous connectez a mis fin à votre session.",
  "ended.admin": "Un administrateur a mis fin à votre session.",
  "ended.identity-changed": "Une autre personne s’est connectée entre-temps dans ce navigateur.",
  "ended.refresh-lost":
    "La liaison avec le service avec lequel vous vous connectez a été interrompue ; votre session n’a pas pu continuer.",

  "signedOut.title": "Vous êtes déconnecté",
  "signedOut.text": "Votre session sur ce site est terminée.",
  "signedOut.shared":
    "Sur un ordinateur partagé, vérifiez que vous êtes aussi déconnecté du service avec lequel vous vous connectez : s’il n’a pas pu être joint ou s’il vous garde connecté, la personne suivante pourrait entrer sans mot de passe.",
  "signedOut.notTitle": "Vous êtes connecté",
  "signedOut.notText": "Quelqu’un s’est connecté entre-temps dans ce navigateur.",
  "signedOut.hereTitle": "Vous êtes déconnecté ici",
  "signedOut.hereText":
    "Vous êtes déconnecté de ce site. Se déconnecter du service avec lequel vous vous connectez est impossible pour l’instant.",
  "signedOut.there": "S’y déconnecter aussi",

  "ask.title": "Se déconnecter ?",
  "ask.text": "Vous serez déconnecté dans ce navigateur.",
  "ask.stay": "Rester connecté",

  "landing.title": "Connecté",
  "landing.text": "Vous êtes connecté.",

  "forbidden.title": "Vous n’avez pas accès à cette page",
  "forbidden.text":
    "Vous êtes connecté, mais ceci ne vous est pas ouvert. Si vous pensez que cela devrait l’être, demandez à l’exploitant de ce site.",

  "form.title": "Envoyer maintenant ?",
  "form.text": "Vous vous êtes reconnecté. Ce que vous aviez saisi sur {page} a été conservé et n’a pas encore été envoyé.",
  "form.send": "Envoyer",
  "form.sentTitle": "C’est déjà envoyé",
  "form.sentText": "Le formulaire est arrivé une fois et n’est pas envoyé de nouveau.",
  "form.goneTitle": "Il n’y a plus rien à envoyer",
  "form.goneText":
    "Ce qui a été saisi est conservé un quart d’heure, pour la personne qui était connectée. Saisissez-le de nouveau.",
  "form.lostTitle": "Votre saisie n’a pas été conservée",
  "form.lostText":
    "Vous êtes de nouveau connecté. Ce que vous envoyiez contenait un fichier ou était trop long pour être conservé, et n’a donc pas été envoyé. Revenez en arrière et envoyez-le de nouveau.",
  "form.back": "Retour au formulaire",

  "outage.title": "Cette page ne peut pas être ouverte pour le moment",
  "outage.wait": "Réessayez dans {time}.",
  "outage.soon": "Réessayez dans un instant.",
  "outage.provider": "Votre connexion ne peut pas être confirmée pour le moment",
  "outage.providerText":
    "Le service avec lequel vous vous connectez ne répond pas pour l’instant. Vous êtes toujours connecté, et rien n’est perdu.",
  "outage.token":
    "Elle a besoin d’une nouvelle autorisation du service avec lequel vous vous connectez, qui n’en donne pas pour l’instant. Vous êtes toujours connecté, et rien n’est perdu.",
  "outage.store": "Il est impossible de vérifier qui vous êtes. Vous êtes toujours connecté, et rien n’est perdu.",
  "outage.signedOut": "Vous êtes déconnecté dans ce navigateur",

  "devices.title": "Où vous êtes connecté",
  "devices.text": "Vous êtes connecté dans ces navigateurs. Fermez les sessions que vous ne reconnaissez pas ou n’utilisez plus.",
  "devices.tokens": "Programmes qui agissent pour vous",
  "devices.tokensText": "Les jetons que vous avez créés ou confiés à des programmes.",
  "devices.this": "Cet appareil",
  "devices.unknown": "Un navigateur",
  "devices.browser": "{browser} sur {system}",
  "devices.since": "Connecté {time}",
  "devices.sinceBy": "Connecté {time}, avec {provider}",
  "devices.seen": "Vu pour la dernière fois {time}",
  "devices.from": "Depuis {address}",
  "devices.end": "Fermer cette session",
  "devices.endOthers": "Fermer toutes les autres sessions",
  "devices.old":
    "Votre connexion date d’un certain temps. Pour fermer une session, reconnectez-vous, afin qu’il soit certain que c’est vous.",
  "devices.oldTitle": "Reconnectez-vous d’abord",
  "devices.made": "Créé {time}",
  "devices.used": "Utilisé pour la dernière fois {time}",
  "devices.neverUsed": "Jamais utilisé",
  "devices.runsOut": "Expire {time}",
  "devices.neverRunsOut": "N’expire pas",
  "devices.for": "Pour {audience}",
  "devices.forScope": "Pour {audience} : {scope}",
  "devices.agent": "{agent} (agit pour vous)",
  "devices.revoke": "Révoquer",

  "consent.title": "Autoriser un programme ?",
  "consent.who": "Un programme de cet ordinateur, qui se nomme {client}, demande à agir pour vous, {user}.",
  "consent.access": "Il aura accès à",
  "consent.scope": "Il pourra faire",
  "consent.time": "Pendant",
  "consent.care": "Continuez seulement si vous venez de le lancer vous-même.",
  "consent.allow": "Autoriser",
  "consent.deny": "Refuser",
  "consent.again": "Se reconnecter",
  "consent.againText": "Un programme demande à agir pour vous. Pour être sûr que c’est vous, reconnectez-vous d’abord.",
  "consent.wrong": "Cela ne fonctionne pas",
  "consent.wrongText": "Le programme qui a ouvert cette page demande d’une façon qui n’est pas comprise : {what}.",

  "error.ERR_BAD_REQUEST": "La demande est mal formée.",
  "error.ERR_BODY_TOO_LARGE": "Le contenu envoyé est trop grand.",
  "error.ERR_UNSUPPORTED_MEDIA_TYPE": "Ce type de contenu n’est pas lu ici.",
  "error.ERR_APP_HOOK": "L’application n’a pas pu déterminer qui vous êtes.",
  "error.ERR_INTERNAL": "Une erreur s’est produite ici.",
  "error.ERR_STORE_UNAVAILABLE": "Les sessions ne peuvent pas être consultées pour le moment. Vous êtes toujours connecté.",
  "error.ERR_STORE_CONTENTION": "Trop de modifications de cette session à la fois. Rien n’est perdu ; réessayez.",
  "error.ERR_SESSION_ENDED": "La session s’est terminée avant que ceci ne soit enregistré.",
  "error.ERR_PROVIDER_UNAVAILABLE": "Le service de connexion ne répond pas. Réessayez dans un instant.",
  "error.ERR_PROVIDER_RESPONSE": "Le service de connexion a donné une réponse à laquelle on ne peut pas se fier.",
  "error.ERR_PROVIDER_REFUSED": "Le service de connexion a refusé.",
  "error.ERR_UPSTREAM_UNAVAILABLE": "L’application derrière ce site ne répond pas.",
  "error.ERR_UPSTREAM_TIMEOUT": "L’application derrière ce site a mis trop de temps.",
  "error.ERR_UPSTREAM_BUSY": "L’application derrière ce site a plus à faire qu’elle ne peut.",
  "error.ERR_LOGIN_STATE": "Cette connexion n’a pas été commencée dans ce navigateur, ou elle a été modifiée en route.",
  "error.ERR_LOGIN_EXPIRED": "Cette connexion a pris trop de temps.",
  "error.ERR_LOGIN_USED": "Cette connexion a déjà été utilisée.",
  "error.ERR_LOGOUT_PENDING":
    "Vous êtes déconnecté dans ce navigateur. Terminer la session partout prend encore un instant et se fait tout seul.",
  "error.ERR_LOGOUT_UNFINISHED":
    "Vous êtes déconnecté dans ce navigateur, mais votre session n’a pas pu être terminée. Connectez-vous et déconnectez-vous de nouveau dans un moment.",
};
