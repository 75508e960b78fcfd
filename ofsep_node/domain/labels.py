"""One line that names a series for people, in English or French."""

from __future__ import annotations

from typing import Literal

from ofsep_node.domain.series import SeriesIdentity

Language = Literal["en", "fr"]

WEIGHTINGS: dict[str, tuple[str, str]] = {
    "t1": ("T1", "T1"),
    "t2": ("T2", "T2"),
    "pd": ("proton density", "densité de protons"),
    "pd_t2": ("PD/T2", "DP/T2"),
    "flair": ("FLAIR", "FLAIR"),
    "dir": ("DIR", "DIR"),
    "stir": ("STIR", "STIR"),
    "dwi": ("diffusion", "diffusion"),
    "dti": ("DTI", "DTI"),
    "adc": ("ADC map", "carte d'ADC"),
    "fa": ("FA map", "carte de FA"),
    "t2star": ("T2*", "T2 EG"),
    "swi": ("SWI", "SWI"),
    "localizer": ("localizer", "repérage"),
    "other": ("other series", "autre série"),
    "unknown": ("unrecognised series", "série non reconnue"),
}
FRENCH_NOUNS = {"localizer", "adc", "fa", "dwi", "pd"}
"""Words that French puts before the dimension; abbreviations come after it, as in 3D FLAIR."""

ORGANS = {
    "brain": ("brain", "encéphale"),
    "cord": ("spinal cord", "moelle"),
    "other": ("other organ", "autre organe"),
}
PLANES = {
    "axial": ("axial", "axiale"),
    "sagittal": ("sagittal", "sagittale"),
    "coronal": ("coronal", "coronale"),
    "oblique": ("oblique", "oblique"),
}
GADOLINIUM = {"yes": ("with gadolinium", "avec gadolinium")}
ROLES = {"composed": ("composed", "composée"), "derived": ("derived", "dérivée")}


def describe(identity: SeriesIdentity, language: Language = "en") -> str:
    """A name such as "3D FLAIR, brain, sagittal"; what is unknown is left out."""
    which = 0 if language == "en" else 1
    name = WEIGHTINGS[identity.weighting][which]
    if identity.dimension != "unknown" and identity.weighting not in {"other", "unknown"}:
        after = language == "fr" and identity.weighting in FRENCH_NOUNS
        name = f"{name} {identity.dimension}" if after else f"{identity.dimension} {name}"
    details = (
        ORGANS.get(identity.organ),
        PLANES.get(identity.plane),
        GADOLINIUM.get(identity.gadolinium),
        ROLES.get(identity.role) if identity.weighting not in {"adc", "fa"} else None,
    )
    return ", ".join([name, *(d[which] for d in details if d)])


FRENCH_ATTRIBUTES = {
    "organ": "organe",
    "weighting": "pondération",
    "plane": "plan",
    "role": "nature",
}
_FEMININE = {"weighting", "dimension", "role"}
FRENCH_VALUES = {
    "yes": "oui",
    "no": "non",
    "original": "originale",
    "other": "autre",
    "sagittal": "sagittal",
    "coronal": "coronal",
    "localizer": "repérage",
}


def attribute_in_words(attribute: str, value: str, language: Language = "en") -> str:
    """An attribute of an identity with its value: "weighting t2" in English, as `pin` takes it."""
    if language == "en":
        return f"{attribute} {value}"
    return f"{FRENCH_ATTRIBUTES.get(attribute, attribute)} {value_in_words(attribute, value, language)}"


def value_in_words(attribute: str, value: str, language: Language = "en") -> str:
    """A value of an attribute of an identity: in English as `pin` takes it."""
    if language == "en":
        return value
    if value == "unknown":
        return "inconnue" if attribute in _FEMININE else "inconnu"
    table = {"organ": ORGANS, "weighting": WEIGHTINGS, "role": ROLES}.get(attribute, {})
    return FRENCH_VALUES.get(value) or table.get(value, (value, value))[1]
