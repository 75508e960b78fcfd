"""The words of the reports, in the two languages the node speaks."""

from __future__ import annotations

from datetime import datetime

from ofsep_node.domain.verdict import SeriesVerdict, Verdict
from ofsep_node.logs import CONCLUSIONS

_WORDS = CONCLUSIONS | {
    "met": ("met", "conforme"),
    "not_met": ("not met", "non conforme"),
    "missing": ("missing", "manquante"),
    "not_applicable": ("not applicable", "sans objet"),
    "receiving": ("still receiving", "réception en cours"),
    "settled": ("settled", "examen terminé"),
    "reported": ("reported", "compte rendu envoyé"),
    "brain": ("brain", "IRM cérébrale"),
    "cord": ("cord", "IRM médullaire"),
    "standard": ("standard programme", "protocole standard"),
    "reduced": ("reduced programme", "protocole réduit"),
    "unknown": ("indication unknown", "indication inconnue"),
    "nothing": ("neither brain nor cord recognised", "ni encéphale ni moelle reconnus"),
    "required": ("Required sequence", "Séquence requise"),
    "optional": ("Optional", "Optionnel"),
    "present": ("present", "présent"),
    "unclear": ("perhaps present", "peut-être présent"),
    "absent": ("absent", "absent"),
    "operator": ("said by {}", "selon {}"),
    "site": ("by the patterns of {}", "par les motifs de {}"),
    "corrections": ("Corrections", "Corrections"),
    "indication": ("indication", "indication"),
    "recognised": ("recognised", "reconnu"),
    "adapted": ("adapted by {}", "adapté par {}"),
    "rejudge": ("judged again", "jugé à nouveau"),
    "pin": ("correction of a series", "correction d'une série"),
    "imaging": ("measured on the images", "mesuré sur les images"),
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
    "left out": (
        "left out, not DICOM: {} file(s): {}",
        "écarté, n'est pas du DICOM : {} fichier(s) : {}",
    ),
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
    "rejudged": (
        "{} studies judged again, {} verdicts changed.",
        "{} examen(s) jugé(s) à nouveau, {} verdict(s) changé(s).",
    ),
    "bicallosal-angle": ("bicallosal-angle", "angle au plan bi-calleux"),
    "signal-to-noise": ("signal-to-noise", "rapport signal/bruit"),
    "not measured": ("not measured", "non mesuré"),
    "report waiting": ("waiting", "en attente"),
    "report sent": ("sent", "envoyé"),
    "report failed": ("failed", "échec"),
    "report cancelled": ("cancelled", "annulé"),
    "report superseded": ("outdated", "dépassé"),
    "attempts": ("{} attempts", "{} essais"),
    "outbox empty": ("No report waits or failed.", "Aucun compte rendu en attente ni en échec."),
    "status": ("Status", "État"),
    "by": ("Series", "Série"),
    "why": ("Why", "Pourquoi"),
    "description": ("Description", "Description"),
    "identity": ("Recognised as", "Reconnue comme"),
    "images": ("Images", "Images"),
    "complete": ("Complete", "Complète"),
    "voxel": ("Voxel (mm)", "Voxel (mm)"),
    "findings": ("Findings", "Constats"),
    "study": ("Study", "Examen"),
    "series": ("Series", "Série"),
    "no_findings": ("Nothing to remark.", "Rien à signaler."),
    "yes": ("yes", "oui"),
    "no": ("no", "non"),
    "error": ("error", "erreur"),
    "warning": ("warning", "remarque"),
    "info": ("info", "info"),
    "patient": ("patient", "patient"),
    "no_patient": ("no patient ID", "pas d'identifiant"),
    "version": ("version", "version"),
    "rules": ("rules", "règles"),
    "no_site": ("no site file", "sans fichier de site"),
}


_DAYS = ("%Y-%m-%d", "%d/%m/%Y")


def day(value: str | None, language: str) -> str:
    """A DICOM date (PS3.5 table 6.2-1, DA) for people; what is none stands as it is written."""
    try:
        return f"{datetime.strptime(value or '', '%Y%m%d'):{_DAYS[language == 'fr']}}"  # noqa: DTZ007 - a day
    except ValueError:
        return value or "-"


def moment(at: datetime, language: str, clock: str = "%H:%M") -> str:
    """A moment by the local clock."""
    return f"{at.astimezone():{_DAYS[language == 'fr']} {clock}}"


def number(text: str, language: str) -> str:
    """A number as the language writes it."""
    return text.replace(".", ",") if language == "fr" else text


def word(key: str, language: str) -> str:
    """A word of the report in a language; a key that is no word of ours stands for itself."""
    english, french = _WORDS.get(key, (key, key))
    return french if language == "fr" else english


def colon(language: str) -> str:
    """A colon as the language sets it."""
    return " : " if language == "fr" else ": "


def about(series: SeriesVerdict | None, language: str) -> str:
    """What comes before something said of a series; nothing for what is said of the whole study."""
    if series is None:
        return ""
    return f"{word('series', language).lower()} {series.named(language)}{colon(language)}"


def indication(verdict: Verdict, language: str) -> str:
    """Why the examination was asked for, in the words of its edition."""
    study = verdict.study
    label = study.indication_label
    return label.in_language(language) if label else word(study.indication, language)
