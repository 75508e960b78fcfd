"""Whether a series is an original acquisition, a localizer, or something made from others.

SOP classes, ImageType (PS3.3 C.7.6.1.1.2, C.8.3.1.1.1 and the vendors' own values), and images in
several planes.
"""

from __future__ import annotations

from ofsep_node.domain.geometry import plane_of
from ofsep_node.domain.series import Role, SeriesFacts, Weighting
from ofsep_node.domain.sop_classes import MR_IMAGES
from ofsep_node.domain.verdict import Message
from ofsep_node.recognition.evidence import DIFFUSION_MAPS, Witness
from ofsep_node.recognition.said import listed, said
from ofsep_node.recognition.words import text_of

NON_MR_NAMES = (
    ("1.2.840.10008.5.1.4.1.1.88.", "structured report"),
    ("1.2.840.10008.5.1.4.1.1.66", "raw data"),
    ("1.2.840.10008.5.1.4.1.1.11.", "presentation state"),
    ("1.2.840.10008.5.1.4.1.1.7", "secondary capture"),
    ("1.2.840.10008.5.1.4.1.1.4.2", "MR spectroscopy"),
    ("1.2.840.10008.5.1.4.1.1.104.", "encapsulated document"),
    ("1.3.46.670589.11.0.0.12.", "Philips private object"),
    ("1.3.12.2.1107.5.9.1", "Siemens CSA non-image"),
)

DECISIVE_FROM = 0.95
"""Values of ImageType as sure as this settle what a series is."""

LOCALIZER_IMAGES_AT_MOST = 75
LOCALIZER_THICKNESS_FROM_MM = 4.0

IMAGE_TYPES: dict[str, tuple[Weighting, float]] = {
    "LOCALIZER": ("localizer", 0.97),
    "ADC": ("adc", 0.95),
    "ADC_UNSPECIFIED": ("adc", 0.95),
    "ADC_SE": ("adc", 0.95),
    "DIFFUSION": ("dwi", 0.5),
    "TRACEW": ("dwi", 0.85),
    "TRACE": ("dwi", 0.85),
    "FA": ("fa", 0.95),
    "COLFA": ("fa", 0.95),
    "SWI": ("swi", 0.9),
    "UNI": ("t1", 0.6),  # the uniform image of MP2RAGE
}
IMAGE_TYPES |= dict.fromkeys(
    (
        *("EXP", "CALC_BVALUE", "TENSOR", "TENSOR_B0", "EADC"),
        *("MIP", "MNIP", "MINIP", "MIN_IP", "MAX_IP", "MPR", "PROJECTION IMAGE", "CPR", "CURVED"),
        *("REFORMATTED", "RESAMPLED", "VOLREN", "SUBTRACTION", "SUB", "TIME_SUB", "SCREEN SAVE"),
        *("P", "PHASE", "PHASE MAP", "PHASE_MAP", "B0", "B0 MAP", "B1", "VELOCITY", "VELOCITY MAP"),
        *("PHASE CONTRAST M", "PCA", "M_PCA", "FAT", "F", "OP", "OPP_PHASE", "OUT_PHASE"),
        *("OPPOSED_PHASE", "PSIR", "QSM"),
        *("R", "REAL", "I", "IMAGINARY", "FMRI", "FUNC", "BOLD", "ASL", "PERFUSION", "ANGIO"),
        *(
            "ANGIO_TIME",
            "CBF",
            "CBV",
            "RCBF",
            "RCBV",
            "RELCBF",
            "RELCBV",
            "MTT",
            "TTP",
            "GBP",
            "PBP",
        ),
        *("T1 MAP", "T2 MAP", "T2_STAR MAP", "T2STAR MAP", "R2 MAP", "R2_STAR MAP"),
        *("CSA REPORT", "POSDISP", "SPECTROSCOPY", "COMPOSED_MIP"),
    ),
    ("other", 0.95),
)

DERIVED_TYPES = frozenset(
    {"ADC", "ADC_UNSPECIFIED", "ADC_SE", "FA", "COLFA", "TRACEW", "TRACE", "EXP", "EADC",
     "CALC_BVALUE", "TENSOR", "TENSOR_B0", "MIP", "MNIP", "MINIP", "MIN_IP", "MAX_IP", "MPR",
     "PROJECTION IMAGE", "CPR", "CURVED", "REFORMATTED", "RESAMPLED", "VOLREN", "SUBTRACTION",
     "SUB", "TIME_SUB", "SCREEN SAVE", "COMPOSED", "COMP_SP", "COMP_AD", "COMP_DIF", "CBF", "CBV",
     "RCBF", "RCBV", "RELCBF", "RELCBV", "MTT", "TTP", "GBP", "PBP", "T1 MAP", "T2 MAP"}
)  # fmt: skip
"""Made from other images, even where a vendor calls it ORIGINAL (Philips ADC)."""

COMPOSED_TYPES = frozenset({"COMPOSED", "COMP_SP", "COMP_AD"})
"""One picture of the spine, put together of its stations."""

ACQUIRED_TYPES = frozenset({"MFSPLIT", "DIXON", "WATER", "W", "IN_PHASE", "IP"})
"""The acquisition itself, though marked DERIVED: Siemens' Dixon, the classic export of XA."""

UNFILTERED_DUPLICATE = "orig "
"""GE keeps the images as they were before filtering in a second series, named "ORIG: ..."."""


def non_mr_object(series: SeriesFacts) -> Message | None:
    """What the series is when it holds no MR images, None when it does (or does not say)."""
    uid = next(iter(series.sop_class_uids), None)
    if uid in MR_IMAGES:
        return None
    for start, name in NON_MR_NAMES:
        if uid is not None and (uid + ".").startswith(start if start[-1] == "." else start + "."):
            return said(name)
    if uid is not None:
        return said("object of SOP class {}", uid)
    modality = series.acquisition.modality
    return None if modality in (None, "MR") else said("modality {}", modality)


def image_type_values(series: SeriesFacts) -> tuple[str, ...]:
    """ImageType of the series, then what the frame type of its main volume adds."""
    main = series.main_volume
    values = (*series.image_type, *(main.image_type if main else ()))
    return tuple(dict.fromkeys(v.strip().upper() for v in values))


def nature_witnesses(series: SeriesFacts) -> list[Witness]:
    """What ImageType, the planes and GE's duplicates say of the weighting."""
    witnesses = [_image_type(v) for v in image_type_values(series) if v in IMAGE_TYPES]
    if _is_unfiltered_duplicate(series):
        because = said("a duplicate kept from before filtering (ORIG:)")
        witnesses.append(Witness(("other",), 0.9, because, decisive=True))
    if _is_named_reformat(series):
        because = said("derived, and named MPR: a reformat")
        witnesses.append(Witness(("other",), 0.9, because, decisive=True))
    return witnesses + _several_planes(series)


def _image_type(value: str) -> Witness:
    """DIFFUSION beside ADC or FA says what the map was made from, and contradicts nothing."""
    claim, weight = IMAGE_TYPES[value]
    allows = (*DIFFUSION_MAPS, "other") if value == "DIFFUSION" else ()
    because = said("ImageType {}", value)
    return Witness((claim,), weight, because, allows, decisive=weight >= DECISIVE_FROM)


def _several_planes(series: SeriesFacts) -> list[Witness]:
    planes = {plane_of(v.stack.orientation) for v in series.volumes} - {"unknown", "oblique"}
    thick = [v.stack.slice_thickness_mm or 0.0 for v in series.volumes]
    if len(planes) < 2 or series.frames > LOCALIZER_IMAGES_AT_MOST:
        return []
    if min(thick) < LOCALIZER_THICKNESS_FROM_MM:
        return []
    names = listed(said(plane) for plane in sorted(planes))
    because = said(
        "{} thick images in {} planes ({}): localizer", series.frames, len(planes), names
    )
    return [Witness(("localizer",), 0.85, because)]


def _is_unfiltered_duplicate(series: SeriesFacts) -> bool:
    return text_of(series.acquisition.series_description).startswith(UNFILTERED_DUPLICATE)


def _is_named_reformat(series: SeriesFacts) -> bool:
    """MPR names a reformat in derived images, an MPRAGE in those that were acquired."""
    named = "mpr" in text_of(series.acquisition.series_description).split()
    return named and _is_derived(image_type_values(series))


def is_derived_unsaid(values: tuple[str, ...]) -> bool:
    """Whether ImageType says that images were computed, and not what."""
    return _is_derived(values) and not DERIVED_TYPES & set(values)


def _is_derived(values: tuple[str, ...]) -> bool:
    return values[:1] == ("DERIVED",) and not ACQUIRED_TYPES & set(values)


def role_of(series: SeriesFacts, weighting: str) -> tuple[Role, Message | None]:
    """Original, composed, derived or localizer, and the evidence when it is not plain.

    A classic export of enhanced Siemens images is marked MFSPLIT: it is still the acquisition.
    """
    values = image_type_values(series)
    if weighting == "localizer":
        return "localizer", None
    made = [v for v in values if v in DERIVED_TYPES]
    if made and COMPOSED_TYPES.issuperset(made):
        return "composed", said("ImageType {}: composed of stations", made[0])
    if made:
        return "derived", said("ImageType {}: made from other images", made[0])
    if _is_derived(values):
        return "derived", said("ImageType {}", "DERIVED")
    if _is_unfiltered_duplicate(series):
        return "derived", None
    if weighting in {"adc", "fa"}:
        return "derived", said("{} maps are computed", weighting.upper())
    return "original", None
