"""The codes of the structured report: standard ones where there are, else a scheme of our own.

Standard codes are written with the meaning that PS3.16 publishes, in English; ours in the language
of the report.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEME = "99OFSEPNODE"
"""A coding scheme of our own; designators of private ones begin with 99 (PS3.3 section 8.2)."""

SCHEME_NAME = "ofsep-node"
SCHEME_VERSION = "1"
"""Codes may be added under one version; none is ever given another meaning."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A code with its meanings; without a French one the English is written."""

    value: str
    scheme: str
    en: str
    fr: str = ""

    def meaning(self, language: str) -> str:
        return self.fr if language == "fr" and self.fr else self.en


def _own(value: str, en: str, fr: str) -> Concept:
    return Concept(value, SCHEME, en, fr)


def _dcm(value: str, en: str) -> Concept:
    return Concept(value, "DCM", en)


def _sct(value: str, en: str) -> Concept:
    return Concept(value, "SCT", en)


# Concept names.
TITLE = _own("report", "OFSEP protocol conformance report", "Conformité au protocole OFSEP")
VERDICT = _own("verdict", "Verdict", "Verdict")
STATE = _own("state", "State of the examination", "État de l'examen")
VERSION = _own("version", "Version of the verdict", "Version du verdict")
PROTOCOL = _own("protocol", "Protocol", "Protocole")
EDITION = _own("edition", "Protocol edition", "Édition du protocole")
DIGEST = _own("digest", "Digest of the rules", "Empreinte des règles")
SITE = _own("site", "Site that adapts the protocol", "Site qui adapte le protocole")
SOFTWARE = _own("software", "Software that judged", "Logiciel du jugement")
PROGRAMME = _own("programme", "Programme", "Programme")
INDICATION = _own("indication", "Indication", "Indication")
INDICATION_SOURCE = _own("indication-src", "Source of the indication", "Source de l'indication")
PART = _own("part", "Part imaged", "Région imagée")
REQUIREMENTS = _own("requirements", "Requirements", "Exigences")
REQUIREMENT = _own("requirement", "Requirement", "Exigence")
LABEL = _own("label", "Label", "Libellé")
LEVEL = _own("level", "Level", "Niveau")
STATUS = _own("status", "Status", "État")
NEAREST = _own("nearest", "Nearest series", "Série la plus proche")
REASON = _own("reason", "Reason", "Raison")
SERIES_LIST = _own("series", "Series", "Séries")
SERIES = _own("one-series", "Series of the examination", "Série de l'examen")
DESCRIPTION = _own("description", "Series description", "Description de la série")
OBJECTS = _own("objects", "Number of objects", "Nombre d'objets")
COMPLETE = _own("complete", "Complete", "Complète")
CONFIDENCE = _own("confidence", "Confidence of recognition", "Confiance de la reconnaissance")
EVIDENCE = _own("evidence", "Evidence of recognition", "Indice de la reconnaissance")
MIDDLE = _own("middle-image", "Image from the middle", "Image du milieu")
RULE = _own("rule", "Rule", "Règle")
SENTENCE = _own("sentence", "Sentence of the protocol", "Phrase du protocole")
QUOTE = _own("quote", "Protocol quotation", "Citation du protocole")
SCOPE = _own("scope", "Scope", "Portée")
OUTCOME = _own("outcome", "Outcome", "Résultat")
SEVERITY = _own("severity", "Severity", "Gravité")
MEASURED = _own("measured", "Measured value", "Valeur mesurée")
EXPECTED = _own("expected", "Expected value", "Valeur attendue")
UNIT = _own("unit", "Unit", "Unité")
MESSAGE = _own("message", "Message", "Message")
PENDING = _own("pending", "More images may mend it", "D'autres images peuvent y remédier")
ADAPTED = _own("adapted", "Reason for the site's adaptation", "Raison de l'adaptation du site")
CORRECTIONS = _own("corrections", "Corrections", "Corrections")
CORRECTION = _own("correction", "Correction", "Correction")
CAUSE = _own("cause", "Cause of this version", "Cause de cette version")
BY = _own("by", "Said by", "Selon")
FINDINGS = _dcm("121070", "Findings")
FINDING = _dcm("121071", "Finding")
IDENTIFIER = _dcm("125010", "Identifier")
SERIES_INSTANCE_UID = _dcm("112002", "Series Instance UID")
STUDY_INSTANCE_UID = _dcm("110180", "Study Instance UID")
SERIES_NUMBER = _dcm("113607", "Series Number")
IMAGE_LIBRARY = _dcm("111028", "Image Library")
IMAGE_LIBRARY_GROUP = _dcm("126200", "Image Library Group")
QUALITY_ISSUE = _dcm("113010", "Quality Issue")
SOURCE = _sct("260753009", "Source")

# What is measured of a series: the field of the verdict, the concept, the unit (UCUM).
QUANTITIES: dict[str, tuple[Concept, str]] = {
    "field_t": (_dcm("130542", "Magnetic field strength"), "T"),
    "slice_thickness_mm": (_dcm("112225", "Slice Thickness"), "mm"),
    "spacing_mm": (_dcm("112226", "Spacing between slices"), "mm"),
    "gap_mm": (_own("gap", "Gap between slices", "Espace entre coupes"), "mm"),
    "pixel_rows_mm": (_dcm("111066", "Vertical Pixel Spacing"), "mm"),
    "pixel_columns_mm": (_dcm("111026", "Horizontal Pixel Spacing"), "mm"),
    "acquired_rows_mm": (
        _own("acquired-rows", "Acquired pixel, between rows", "Pixel acquis, entre lignes"),
        "mm",
    ),
    "acquired_columns_mm": (
        _own("acquired-columns", "Acquired pixel, between columns", "Pixel acquis, entre colonnes"),
        "mm",
    ),
    "voxel_mm3": (_own("voxel", "Voxel volume", "Volume du voxel"), "mm3"),
    "echo_time_ms": (_own("echo-time", "Echo time", "Temps d'écho"), "ms"),
    "repetition_time_ms": (
        _own("repetition-time", "Repetition time", "Temps de répétition"),
        "ms",
    ),
    "inversion_time_ms": (_own("inversion-time", "Inversion time", "Temps d'inversion"), "ms"),
    "b_values": (_dcm("113240", "Source image diffusion b-value"), "s/mm2"),
    "directions": (
        _own("directions", "Diffusion directions", "Directions de diffusion"),
        "{directions}",
    ),
    "extent_mm": (_own("extent", "Extent head to foot", "Étendue de la tête aux pieds"), "mm"),
}

# What a series is: the attribute of its identity.
IDENTITY: dict[str, Concept] = {
    "organ": _own("organ", "Organ", "Organe"),
    "weighting": _own("weighting", "Weighting", "Pondération"),
    "dimension": _own("dimension", "Dimension of acquisition", "Dimension de l'acquisition"),
    "plane": _dcm("113764", "Acquisition Plane"),
    "gadolinium": _own("gadolinium", "Gadolinium", "Gadolinium"),
    "role": _own("role", "Role", "Nature"),
}

_UNKNOWN = _sct("261665006", "Unknown")
_UNDETERMINED = _sct("373068000", "Undetermined")
YES, NO = _sct("373066001", "Yes"), _sct("373067005", "No")

# Values: the word of the verdict's JSON, and its code.
VALUES: dict[str, Concept] = {
    "yes": YES,
    "no": NO,
    "unknown": _UNKNOWN,
    "undetermined": _UNDETERMINED,
    "brain": _sct("12738006", "Brain"),
    "cord": _sct("2748008", "Spinal cord"),
    "axial": _sct("24422004", "Axial"),
    "sagittal": _sct("30730003", "Sagittal"),
    "coronal": _sct("81654009", "Coronal"),
    "oblique": _sct("21114003", "Oblique"),
    "t1": _dcm("110804", "T1 Weighted MR Signal Intensity"),
    "t2": _dcm("110805", "T2 Weighted MR Signal Intensity"),
    "pd": _dcm("110803", "Proton Density Weighted MR Signal Intensity"),
    "t2star": _dcm("110806", "T2* Weighted MR Signal Intensity"),
    "dwi": _dcm("113043", "Diffusion weighted"),
    "adc": _dcm("113041", "Apparent Diffusion Coefficient"),
    "fa": _dcm("110808", "Fractional Anisotropy"),
    "localizer": _dcm("121311", "Localizer"),
    "compliant": _own("compliant", "Compliant", "Conforme"),
    "compliant_with_remarks": _own(
        "with-remarks", "Compliant with remarks", "Conforme avec remarques"
    ),
    "non_compliant": _own("non-compliant", "Not compliant", "Non conforme"),
    "receiving": _own("receiving", "Still receiving", "Réception en cours"),
    "settled": _own("settled", "Settled", "Examen terminé"),
    "reported": _own("reported", "Reported", "Compte rendu envoyé"),
    "operator": _own("operator", "Said by a person", "Selon une personne"),
    "site": _own("by-site", "By the patterns of the site", "Par les motifs du site"),
    "none": _own("none", "None", "Aucune"),
    "required": _own("required", "Required", "Requise"),
    "optional": _own("optional", "Optional", "Optionnelle"),
    "conditional": _own("conditional", "Conditional", "Conditionnelle"),
    "met": _own("met", "Met", "Conforme"),
    "not_met": _own("not-met", "Not met", "Non conforme"),
    "missing": _own("missing", "Missing", "Manquante"),
    "not_applicable": _own("not-applicable", "Not applicable", "Sans objet"),
    "pass": _own("pass", "Pass", "Respectée"),
    "fail": _own("fail", "Fail", "Non respectée"),
    "error": _own("error", "Error", "Erreur"),
    "warning": _own("warning", "Warning", "Remarque"),
    "info": _own("info", "Information", "Information"),
    "study": _own("of-study", "Study", "Examen"),
    "series": _own("of-series", "Series", "Série"),
    "other": _own("other", "Other", "Autre"),
    "pd_t2": _own("pd-t2", "Proton density and T2", "Densité de protons et T2"),
    "flair": _own("flair", "FLAIR", "FLAIR"),
    "dir": _own("dir", "Double inversion recovery", "Double inversion-récupération"),
    "stir": _own("stir", "STIR", "STIR"),
    "dti": _own("dti", "Diffusion tensor imaging", "Imagerie du tenseur de diffusion"),
    "swi": _own("swi", "Susceptibility weighted", "Pondération en susceptibilité"),
    "2D": _own("2d", "2D", "2D"),
    "3D": _own("3d", "3D", "3D"),
    "original": _own("original", "Original", "Originale"),
    "composed": _own("composed", "Composed", "Composée"),
    "derived": _own("derived", "Derived", "Dérivée"),
    "pin": _own("cause-pin", "Correction of a series", "Correction d'une série"),
    "indication": _own("cause-indication", "Indication said", "Indication donnée"),
    "rejudge": _own("cause-rejudge", "Judged again", "Jugé à nouveau"),
    "imaging": _own("cause-imaging", "Measured on the images", "Mesuré sur les images"),
}

_FINDINGS_QUANTITIES = {
    "field-strength": "field_t",
    "thickness-2d": "slice_thickness_mm",
    "thickness-cord": "slice_thickness_mm",
    "no-gap-3d": "gap_mm",
    "dti-gap": "gap_mm",
    "dti-directions": "directions",
}
"""Rules whose number is a quantity that has a name of its own."""


def quantity_of(rule: str) -> Concept:
    """What a finding's number is called: by its quantity, else just a measured value."""
    field = _FINDINGS_QUANTITIES.get(rule)
    return QUANTITIES[field][0] if field else MEASURED


def own_codes() -> tuple[Concept, ...]:
    """Every code of our scheme, in the order of this module."""
    return tuple(c for c in _concepts() if c.scheme == SCHEME)


def standard_codes() -> tuple[Concept, ...]:
    """Every code of another scheme, in the order of this module."""
    return tuple(c for c in _concepts() if c.scheme != SCHEME)


def _concepts() -> dict[Concept, None]:
    """Each concept once."""
    names = (value for value in globals().values() if isinstance(value, Concept))
    quantities = (concept for concept, _ in QUANTITIES.values())
    return dict.fromkeys((*names, *quantities, *IDENTITY.values(), *VALUES.values()))
