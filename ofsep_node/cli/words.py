"""The words of the reports, in the two languages the node speaks."""

from __future__ import annotations

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
    "organ": ("organ", "organe"),
    "weighting": ("weighting", "pondération"),
    "dimension": ("dimension", "dimension"),
    "plane": ("plane", "plan"),
    "role": ("role", "nature"),
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
    return f"{word('series', language).lower()} {series.name}{colon(language)}"


def indication(verdict: Verdict, language: str) -> str:
    """Why the examination was asked for, in the words of its edition."""
    study = verdict.study
    label = study.indication_label
    return label.in_language(language) if label else word(study.indication, language)
