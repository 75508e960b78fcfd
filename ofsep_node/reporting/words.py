"""The words of every report, on paper and on the terminal, in the two languages spoken."""

from __future__ import annotations

from datetime import datetime

from ofsep_node.domain.typography import typeset
from ofsep_node.domain.verdict import SeriesVerdict, Verdict
from ofsep_node.logs import CONCLUSIONS

VERDICT_WORDS = CONCLUSIONS | {
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
}

_WORDS = VERDICT_WORDS | {
    "title": ("Conformance to the {} {} protocol", "Conformité au protocole {} {}"),
    "provisional": (
        "Provisional: the examination is still being received.",
        "Provisoire : l'examen est encore en cours de réception.",
    ),
    "disclaimer": (
        "Made by a program from the headers of the images; not a diagnosis.",
        "Établi par un logiciel d'après l'en-tête des images ; n'est pas un diagnostic.",
    ),
    "patient name": ("Patient", "Patient"),
    "patient id": ("Patient ID", "Identifiant"),
    "born": ("Born", "Né(e) le"),
    "sex": ("Sex", "Sexe"),
    "examination": ("Examination", "Examen"),
    "examination date": ("Examined on", "Examen du"),
    "accession": ("Accession number", "Numéro d'accès"),
    "programme": ("Programme", "Programme"),
    "protocol": ("Protocol", "Protocole"),
    "judged": ("Judged", "Jugé"),
    "digest": ("Digest of the rules", "Empreinte des règles"),
    "software": ("Software", "Logiciel"),
    "required sequences": ("Required sequences", "Séquences requises"),
    "all series": ("Series", "Séries"),
    "no picture": ("no picture", "pas d'image"),
    "image dropped": (
        "image no longer kept here",
        "image qui n'est plus conservée ici",
    ),
    "no requirement": ("No sequence is required.", "Aucune séquence n'est requise."),
    "page": ("Page {}", "Page {}"),
}

_DAYS = ("%Y-%m-%d", "%d/%m/%Y")


def day(value: str | None, language: str) -> str:
    """A DICOM date (PS3.5 table 6.2-1, DA) for people; what is none stands as it is written."""
    try:
        return f"{datetime.strptime(value or '', '%Y%m%d'):{_DAYS[language == 'fr']}}"  # noqa: DTZ007 - a day
    except ValueError:
        return value or "-"


def day_and_time(at: datetime, language: str, clock: str = "%H:%M") -> str:
    """A moment by the clock of its own zone."""
    return f"{at:{_DAYS[language == 'fr']} {clock}}"


def number(text: str, language: str) -> str:
    """A number as the language writes it."""
    return text.replace(".", ",") if language == "fr" else text


def word(key: str, language: str) -> str:
    """A word of a report in a language; a key that is no word of ours stands for itself."""
    english, french = _WORDS.get(key, (key, key))
    return typeset(french) if language == "fr" else english


def colon(language: str) -> str:
    """A colon as the language sets it."""
    return typeset(" : ") if language == "fr" else ": "


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
