"""The words of the terminal: those of every report, and its own, in the two languages spoken."""

from __future__ import annotations

from datetime import datetime

from ofsep_node.domain.typography import typeset
from ofsep_node.logs import size
from ofsep_node.reporting.words import (
    VERDICT_WORDS,
    about,
    colon,
    day,
    day_and_time,
    indication,
    number,
)

__all__ = ["about", "colon", "day", "indication", "moment", "number", "size", "word"]

_WORDS = VERDICT_WORDS | {
    "unchanged": ("nothing changes", "rien ne change"),
    "from": ("from", "de"),
    "conflict": ("other content kept as", "autre contenu conservé sous"),
    "received from": ("Received from", "Reçu de"),
    "address": ("Address", "Adresse"),
    "implementation": ("Implementation", "Logiciel"),
    "opened": ("Opened", "Ouverte"),
    "end": ("End", "Fin"),
    "objects": ("Objects", "Objets"),
    "duplicates": ("Duplicates", "Doublons"),
    "open": ("open", "en cours"),
    "released": ("released", "terminée"),
    "aborted": ("aborted", "interrompue"),
    "lost": ("lost", "perdue"),
    "on": ("on", "sur"),
    "step": ("Performed step", "Étape réalisée"),
    "IN PROGRESS": ("in progress", "en cours"),
    "COMPLETED": ("completed", "achevée"),
    "DISCONTINUED": ("broken off", "interrompue"),
    "announced": (
        "{} of {} announced objects received",
        "{} objets reçus sur {} annoncés",
    ),
    "commitment": ("Storage commitment for", "Engagement de stockage envers"),
    "committed": ("{} of {} objects safe", "{} objets sur {} en sûreté"),
    "commitment asked": ("asked", "demandé"),
    "commitment verified": ("not told yet, asked", "pas encore annoncé, demandé"),
    "commitment reported": ("told", "annoncé"),
    "commitment given_up": ("could not be told, given up", "n'a pu être annoncé, abandonné"),
    "fetched": ("Fetched by {peer}", "Récupéré par {peer}"),
    "moved": ("Sent to {destination} for {peer}", "Envoyé à {destination} pour {peer}"),
    "sent": ("{} of {} objects", "{} objets sur {}"),
    "times": (", {} times by now", ", {} fois à ce jour"),
    "node running": ("running", "en marche"),
    "node stopped": ("stopped", "arrêté"),
    "node away": ("away", "absent"),
    "node seen": (
        "seen {}, {} associations in its spool",
        "vu {}, {} associations dans son tampon",
    ),
    "missing while away": (
        "the node {} is away since {}; what it received may be missing here",
        "le nœud {} est absent depuis {} ; ce qu'il a reçu peut manquer ici",
    ),
    "missing while stopped": (
        "the node {} stopped ({}) with objects in its spool; they are missing until it returns",
        "le nœud {} s'est arrêté ({}), son tampon non vidé ; il manque ses objets jusqu'à son retour",
    ),
    "plain entrance": (
        (
            "Send to AE title {name}, host {address}, port {port}"
            "   (try: echoscu -aec {name} 127.0.0.1 {port})\n"
        ),
        (
            "Envoyer à l'AE title {name}, hôte {address}, port {port}"
            "   (essai : echoscu -aec {name} 127.0.0.1 {port})\n"
        ),
    ),
    "TLS entrance": (
        "Send to AE title {name}, host {address}, port {port} over TLS\n",
        "Envoyer à l'AE title {name}, hôte {address}, port {port}, en TLS\n",
    ),
    "results and stop": (
        (
            "Results: ofsep-node studies --data {data}   (live: ofsep-node tail --data {data})\n"
            "Stop: Ctrl-C finishes what is arriving, then leaves; a second one leaves at once\n"
        ),
        (
            "Résultats : ofsep-node studies --data {data}"
            "   (en direct : ofsep-node tail --data {data})\n"
            "Arrêt : Ctrl-C termine les réceptions en cours puis quitte ; un second quitte aussitôt\n"
        ),
    ),
    "answers": ("answers", "répond"),
    "reloaded": (
        "Reloaded: peers, TLS, edition and site are as their files say now",
        "Relu : correspondants, TLS, édition et site sont tels que leurs fichiers le disent",
    ),
    "reload refused": (
        "refused, everything stays as it was: {}",
        "refusé, rien n'est changé : {}",
    ),
    "none yet": ("No study received in {} yet.", "Aucun examen reçu dans {}."),
    "stored": ("{} of {} files stored by {}", "{} fichiers sur {} reçus par {}"),
    "not stored": ("not stored", "non reçu"),
    "sending": ("Sending to {}", "Envoi vers {}"),
    "reading": ("Reading", "Lecture"),
    "writing": ("Writing", "Écriture"),
    "judging": ("Judging", "Jugement"),
    "written": ("{} images of study {}: {}", "{} images de l'examen {} : {}"),
    "left out": ("left out, not DICOM: {}: {}", "laissé de côté, n'est pas du DICOM : {} : {}"),
    "demo": ("{} images of a brain examination; {}", "{} images d'un examen cérébral ; {}"),
    "no fault": ("no fault", "sans défaut"),
    "other rules": (
        (
            "the verdict before was judged by another edition or site file: {}, now {}; "
            "name the node's configuration with --config, unless its rules were changed on purpose"
        ),
        (
            "le verdict précédent a été rendu selon une autre édition ou un autre fichier de site : "
            "{}, à présent {} ; nommez la configuration du nœud par --config, "
            "sauf si ses règles ont été changées exprès"
        ),
    ),
    "bicallosal-angle": ("bicallosal-angle", "angle au plan bi-calleux"),
    "signal-to-noise": ("signal-to-noise", "rapport signal/bruit"),
    "not measured": ("not measured", "non mesuré"),
    "report waiting": ("waiting", "en attente"),
    "report taken": ("being sent", "en envoi"),
    "report sent": ("sent", "envoyé"),
    "report failed": ("failed", "échec"),
    "report cancelled": ("cancelled", "annulé"),
    "report superseded": ("outdated", "dépassé"),
    "report needless": ("not needed", "sans objet"),
    "attempts": ("{} attempts", "{} essais"),
    "outbox empty": ("No report waits or failed.", "Aucun compte rendu en attente ni en échec."),
    "would_drop": ("would drop", "à retirer"),
    "dropped": ("dropped", "retiré"),
    "kept": ("kept", "conservé"),
    "gone": ("nothing", "rien"),
    "age": ("its time is over", "son temps est écoulé"),
    "watermark": ("the disk is nearly full", "le disque est presque plein"),
    "request": ("asked for", "demandé"),
    "hold receiving": ("it is being received", "il est en cours de réception"),
    "hold sending": (
        "an association that brought images of it is open",
        "une association qui en a apporté des images est ouverte",
    ),
    "hold commitment": (
        "somebody is still to be told whether its images are safe (storage commitment)",
        "un correspondant attend de savoir si ses images sont en sûreté (engagement de stockage)",
    ),
    "hold report": (
        "a report on it is not delivered (ofsep-node outbox list)",
        "un compte rendu n'en est pas remis (ofsep-node outbox list)",
    ),
    "dropped before": (
        "its images were dropped before, and none came again",
        "ses images ont déjà été retirées, et aucune n'est revenue",
    ),
    "without images": ("images dropped {}", "images retirées le {}"),
    "rules": ("rules", "règles"),
    "no_site": ("no site file", "sans fichier de site"),
}


_COUNTED = {
    "judged again": (
        ("{} study judged again", "{} studies judged again"),
        ("{} examen jugé à nouveau", "{} examens jugés à nouveau"),
    ),
    "changed": (
        ("{} verdict changed", "{} verdicts changed"),
        ("{} verdict changé", "{} verdicts changés"),
    ),
    "files": (("{} file", "{} files"), ("{} fichier", "{} fichiers")),
    "would_drop": (
        ("{} study would be dropped", "{} studies would be dropped"),
        ("{} examen serait retiré", "{} examens seraient retirés"),
    ),
    "dropped": (
        ("images of {} study dropped", "images of {} studies dropped"),
        ("images de {} examen retirées", "images de {} examens retirées"),
    ),
    "kept": (("{} kept", "{} kept"), ("{} conservé", "{} conservés")),
    "images dropped": (
        (
            "{} object dropped from the archive {}: {}; verdict and facts are kept",
            "{} objects dropped from the archive {}: {}; verdict and facts are kept",
        ),
        (
            "{} objet retiré de l'archive {} : {} ; verdict et faits sont conservés",
            "{} objets retirés de l'archive {} : {} ; verdict et faits sont conservés",
        ),
    ),
}


def moment(at: datetime, language: str, clock: str = "%H:%M") -> str:
    """A moment by the local clock."""
    return day_and_time(at.astimezone(), language, clock)


def word(key: str, language: str) -> str:
    """A word of the terminal in a language; a key that is no word of ours stands for itself."""
    english, french = _WORDS.get(key, (key, key))
    return typeset(french) if language == "fr" else english


def counted(key: str, number: int, language: str, *details: str) -> str:
    """So many of something: French counts nought as one, English as many."""
    one, many = _COUNTED[key][language == "fr"]
    alone = number < 2 if language == "fr" else number == 1
    said = one if alone else many
    return (typeset(said) if language == "fr" else said).format(number, *details)
