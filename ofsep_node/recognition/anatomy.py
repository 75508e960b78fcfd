"""The organ: words, BodyPartExamined as one witness among others, coverage, and physics.

BodyPartExamined is set by the technologist's choice of programme and stays when the patient's
part changes (ORBIT on whole-brain images, ABDOMEN on a head phantom).
"""

from __future__ import annotations

import re

from ofsep_node.domain.instance import Acquisition
from ofsep_node.domain.measurement import DIFFUSION_WEIGHTED_FROM
from ofsep_node.domain.series import SeriesFacts
from ofsep_node.domain.verdict import Message
from ofsep_node.recognition.coverage import Coverage, coverage_of
from ofsep_node.recognition.evidence import Conclusion, Witness, conclude
from ofsep_node.recognition.physics import MPRAGE_TI_MS
from ofsep_node.recognition.said import said
from ofsep_node.recognition.traits import Traits
from ofsep_node.recognition.vocabulary import BODY_PARTS, ORGANS
from ofsep_node.recognition.words import text_of

DESCRIPTION_WEIGHT = 0.65
PROTOCOL_NAME_WEIGHT = 0.45
BODY_PART_WEIGHT = 0.4

HEAD_3D_FROM_MM = 150.0  # whole-brain slabs: 160 to 180 mm left to right, 230 to 260 mm else
HEAD_IN_PLANE_MM = (180.0, 300.0)  # a knee is imaged with less, a trunk with more
HEAD_DEPTH_FROM_MM = 100.0
HEAD_DIFFUSION_MM = (180.0, 260.0)
BRAIN_B_FROM = 300.0
"""s/mm2; lower b-values beside b0 are those of abdomen and pelvis."""
CORD_FIELD_MM = (220.0, 420.0)
CORD_LONG_FIELD_FROM_MM = 255.0  # longer than what shows a brain's midline, or a pelvis
CORD_NARROW_TO_MM = 60.0
CORD_LEFT_RIGHT_MM = (15.0, 90.0)  # spinal canal and vertebrae; a head needs 130 or more
CORD_THICKNESS_AT_MOST_MM = 6.0  # thicker is a survey
CORD_PLANES_FROM = 7  # fewer may be a survey

BRAIN_ONLY = {"flair": (0.5, "FLAIR"), "dir": (0.4, "double inversion recovery")}
"""Weightings that are practically used in the brain alone."""


def organ_of(series: SeriesFacts, traits: Traits, weighting: str) -> Conclusion:
    """The organ that a series shows, given its weighting."""
    acquisition = series.acquisition
    witnesses = [*organ_words(acquisition), *body_part(acquisition.body_part_examined)]
    witnesses += _physics(traits, weighting)
    coverage = coverage_of(series)
    if coverage is not None and weighting != "localizer":
        witnesses += _head_shaped(coverage, traits)
        witnesses += _cord_shaped(coverage, series, traits)
        witnesses += _diffusion_field(coverage, series, weighting)
    return conclude(witnesses)


def organ_words(acquisition: Acquisition) -> list[Witness]:
    """The organs that the description and the protocol's name speak of."""
    description, protocol = (
        text_of(acquisition.series_description),
        text_of(acquisition.protocol_name),
    )
    witnesses = _organs_in(description, "SeriesDescription", DESCRIPTION_WEIGHT)
    if protocol != description:
        witnesses += _organs_in(protocol, "ProtocolName", PROTOCOL_NAME_WEIGHT)
    return witnesses


def _organs_in(text: str, attribute: str, weight: float) -> list[Witness]:
    """One witness per text; a text that names two organs names the examination, and is not one."""
    found = {w.organ: m.group() for w in ORGANS if (m := re.search(w.pattern, text))}
    if len(found) != 1:
        return []
    organ, word = found.popitem()
    return [Witness((organ,), weight, said('"{}" in {}: {}', word, attribute, said(organ)))]


def body_part(value: str | None) -> list[Witness]:
    """What BodyPartExamined says, when it names a part."""
    name = text_of(value).upper()
    if not name:
        return []
    organ = next((organ for pattern, organ in BODY_PARTS if re.search(pattern, name)), "other")
    if organ == "unknown":
        return []
    return [Witness((organ,), BODY_PART_WEIGHT, said("BodyPartExamined says {}", value or ""))]


def _physics(traits: Traits, weighting: str) -> list[Witness]:
    if weighting in BRAIN_ONLY:
        weight, name = BRAIN_ONLY[weighting]
        return [Witness(("brain",), weight, said("{} is used in the brain", said(name)))]
    times = traits.inversion_times_ms
    inverted = len(times) == 1 and MPRAGE_TI_MS[0] <= times[0] <= MPRAGE_TI_MS[1]
    prepared = inverted or (traits.prepared and not times)
    if weighting == "t1" and traits.is_3d and traits.echo == "gradient" and prepared:
        because = said("inversion-prepared 3D T1 is used in the brain")
        return [Witness(("brain",), 0.4, because)]
    return []


def _extents(coverage: Coverage) -> Message:
    return said(
        "{:.0f} mm left to right, {:.0f} front to back, {:.0f} head to foot",
        coverage.left_right_mm,
        coverage.front_back_mm,
        coverage.head_foot_mm,
    )


def _head_shaped(coverage: Coverage, traits: Traits) -> list[Witness]:
    low, middle, high = coverage.sorted_mm
    if middle < HEAD_IN_PLANE_MM[0] or high > HEAD_IN_PLANE_MM[1] or low < HEAD_DEPTH_FROM_MM:
        return []
    whole = traits.is_3d and low >= HEAD_3D_FROM_MM
    extents = _extents(coverage)
    if whole:
        return [Witness(("brain",), 0.55, said("covers {}: a whole head", extents))]
    return [Witness(("brain",), 0.35, said("covers {}: a head", extents))]


def _cord_shaped(coverage: Coverage, series: SeriesFacts, traits: Traits) -> list[Witness]:
    if series.plane != "sagittal" or traits.is_3d or coverage.planes < CORD_PLANES_FROM:
        return []
    volume = series.main_volume
    if volume is None or (volume.stack.slice_thickness_mm or 0.0) > CORD_THICKNESS_AT_MOST_MM:
        return []
    field, width = coverage.head_foot_mm, coverage.left_right_mm
    if not CORD_FIELD_MM[0] <= field <= CORD_FIELD_MM[1]:
        return []
    if not CORD_LEFT_RIGHT_MM[0] <= width < CORD_LEFT_RIGHT_MM[1]:
        return []
    telling = field >= CORD_LONG_FIELD_FROM_MM and width <= CORD_NARROW_TO_MM
    weight = 0.6 if telling else 0.3
    because = said(
        "sagittal, {:.0f} mm head to foot but {:.0f} mm left to right: spine", field, width
    )
    return [Witness(("cord",), weight, because)]


def _diffusion_field(coverage: Coverage, series: SeriesFacts, weighting: str) -> list[Witness]:
    if weighting not in {"dwi", "dti", "adc", "fa"} or series.plane != "axial":
        return []
    if any(DIFFUSION_WEIGHTED_FROM <= b < BRAIN_B_FROM for b in series.b_values):
        return []
    low, high = HEAD_DIFFUSION_MM
    if not all(low <= mm <= high for mm in (coverage.left_right_mm, coverage.front_back_mm)):
        return []
    return [Witness(("brain",), 0.3, said("axial diffusion with the field of view of a head"))]
