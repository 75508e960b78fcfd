"""GE."""

from __future__ import annotations

from ofsep_node.dicom.header import Header, PrivateTag
from ofsep_node.dicom.vendors.vendor import (
    B0_BELOW,
    NOT_DIFFUSION,
    Diffusion,
    Vendor,
    diffusion,
    normalised,
    unit_vector,
)
from ofsep_node.domain.geometry import Orientation, Vector, normal

_ACQUISITION = "GEMS_ACQU_01"
_PARAMETERS = "GEMS_PARM_01"
PULSE_SEQUENCE_NAME = PrivateTag(_ACQUISITION, 0x0019, 0x9C, "LO")
INTERNAL_SEQUENCE_NAME = PrivateTag(_ACQUISITION, 0x0019, 0x9E, "LO")
GRADIENT = tuple(PrivateTag(_ACQUISITION, 0x0019, e, "DS") for e in (0xBB, 0xBC, 0xBD))
LOCATIONS_IN_ACQUISITION = PrivateTag("GEMS_RELA_01", 0x0021, 0x4F, "SS")
DIFFUSION_MODE = PrivateTag("GEMS_RELA_01", 0x0021, 0x5A, "SL")
RAW_DATA_TYPE = PrivateTag(_PARAMETERS, 0x0043, 0x2F, "SS")
IMAGE_KIND = PrivateTag(_PARAMETERS, 0x0043, 0x30, "SS")
B_VALUE = PrivateTag(_PARAMETERS, 0x0043, 0x39, "IS")
ASSET_FACTORS = PrivateTag(_PARAMETERS, 0x0043, 0x83, "DS")

DIFFUSION_MODES = frozenset({7, 8, 16, 64, 128})  # ALL, slice, tensor, 3in1, tetrahedral
FA_MAP, TRACE = 18, 19
RAW_DATA_TYPES = {1: "PHASE", 2: "REAL", 3: "IMAGINARY"}  # 0 is magnitude
B_VALUE_OFFSET = 100_000
"""Newer software adds multiples of this to the b-value it writes."""


class GE(Vendor):
    """`GE MEDICAL SYSTEMS`, `GE HEALTHCARE`."""

    def image_type(self, header: Header) -> tuple[str, ...]:
        r"""ORIGINAL\PRIMARY\OTHER of every image, with what (0043,102F) and (0043,1030) add."""
        values = super().image_type(header)
        added = RAW_DATA_TYPES.get(header.integer(RAW_DATA_TYPE) or 0)
        if added is None and header.number(IMAGE_KIND) == FA_MAP:
            added = "FA"
        return values if added is None or added in values else (*values, added)

    def sequence_name(self, header: Header) -> str | None:
        """(0019,109C), since (0018,0024) is seldom there."""
        return super().sequence_name(header) or header.text(PULSE_SEQUENCE_NAME)

    def technique(self, header: Header) -> str | None:
        """(0019,109E): EPI2, EFGRE3D, CUBE."""
        return header.text(INTERNAL_SEQUENCE_NAME)

    def parallel_factor(self, header: Header) -> float | None:
        """(0018,9069), else the inverse of (0043,1083): 0.5 says a factor of two."""
        factor = super().parallel_factor(header)
        fraction = header.number(ASSET_FACTORS)
        if factor is not None or not fraction or fraction <= 0:
            return factor
        return round(1 / fraction, 2)

    def announced_planes(self, header: Header, orientation: Orientation | None) -> int | None:
        """(0021,104F), locations in the acquisition."""
        del orientation
        planes = header.integer(LOCATIONS_IN_ACQUISITION)
        return planes if planes and planes > 0 else None

    def diffusion(self, header: Header) -> Diffusion:
        """(0043,1039) modulo 100 000, (0019,10BB..BD).

        Both hold numbers on images that are not diffusion-weighted: they are believed only
        where `shows_diffusion`.
        """
        kind = header.number(IMAGE_KIND)
        if kind == FA_MAP or not self.shows_diffusion(header):
            return NOT_DIFFUSION
        written = header.number(B_VALUE)
        b_value = header.number("DiffusionBValue") if written is None else written % B_VALUE_OFFSET
        if kind == TRACE and b_value is not None and b_value >= B0_BELOW:
            return diffusion(b_value, None, "ISOTROPIC")
        direction = unit_vector(header, "DiffusionGradientOrientation") or _direction(header)
        return diffusion(b_value, direction, header.text("DiffusionDirectionality"))

    def shows_diffusion(self, header: Header) -> bool:
        """A diffusion mode (0021,105A), or an echo-planar spin echo."""
        if header.number(DIFFUSION_MODE) in DIFFUSION_MODES:
            return True
        sequence = set(self.scanning_sequence(header))
        if "EP" in sequence and sequence & {"SE", "RM"}:
            return True
        return self.acquisition_contrast(header) == "DIFFUSION"


def _direction(header: Header) -> Vector | None:
    """The gradient, turned from GE's frame into patient coordinates.

    GE writes it along frequency, phase and slice; the axes of the image are the first two,
    or the other way round when the phase is encoded along the row.
    """
    first, second, third = (header.number(tag) for tag in GRADIENT)
    axes = header.vector("ImageOrientationPatient", 6)
    if first is None or second is None or third is None or axes is None:
        return None
    if (header.text("InPlanePhaseEncodingDirection") or "COL").startswith("COL"):
        along = (first, second, -third)
    else:
        along = (-second, first, third)
    rx, ry, rz, cx, cy, cz = axes
    frame = ((rx, ry, rz), (cx, cy, cz), normal((rx, ry, rz, cx, cy, cz)))
    x, y, z = (sum(a * axis[i] for a, axis in zip(along, frame, strict=True)) for i in range(3))
    return normalised((x, y, z))
