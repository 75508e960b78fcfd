"""Siemens: numaris 4 (VA to VE, private group 0019 and the CSA headers) and XA (group 0021)."""

from __future__ import annotations

import re

from ofsep_node.dicom.header import Header, PrivateTag
from ofsep_node.dicom.vendors.siemens_csa import diffusion_scheme, image_csa, slice_groups
from ofsep_node.dicom.vendors.vendor import (
    Diffusion,
    DiffusionScheme,
    Tiles,
    Vendor,
    diffusion,
    normalised,
    tiles_counted,
    unit_vector,
)
from ofsep_node.domain.geometry import Orientation, Vector

_HEADER = "SIEMENS MR HEADER"
_SERIES = "SIEMENS MR SDS 01"
_IMAGE = "SIEMENS MR SDI 02"
HEADER_TYPE = PrivateTag(_HEADER, 0x0019, 0x08, "CS")
TILE_COUNT = PrivateTag(_HEADER, 0x0019, 0x0A, "US")
B_VALUE = PrivateTag(_HEADER, 0x0019, 0x0C, "IS")
DIRECTIONALITY = PrivateTag(_HEADER, 0x0019, 0x0D, "CS")
GRADIENT_DIRECTION = PrivateTag(_HEADER, 0x0019, 0x0E, "FD")
MATRIX_TEXT = PrivateTag(_HEADER, 0x0051, 0x0B, "LO")
PAT_MODE = PrivateTag(_HEADER, 0x0051, 0x11, "LO")
XA_SCANNING_SEQUENCE = PrivateTag(_SERIES, 0x0021, 0x5A, "CS")
XA_SEQUENCE_VARIANT = PrivateTag(_SERIES, 0x0021, 0x5B, "CS")
XA_SCAN_OPTIONS = PrivateTag(_SERIES, 0x0021, 0x5C, "CS")
XA_MATRIX_TEXT = PrivateTag(_IMAGE, 0x0021, 0x58, "SH", block=0x11)
XA_IMAGE_TYPE = PrivateTag(_IMAGE, 0x0021, 0x75, "CS", block=0x11)

_NAMED_B_VALUE = re.compile(r"^\*?(?:ep|re)_b(\d+)(?![\d_])")  # an ADC map is ep_b0_1000
_PAT_FACTOR = re.compile(r"^p(\d+(?:\.\d+)?)")
RESAMPLED = frozenset({"MPR", "MIP", "MNIP", "MINIP", "PROJECTION IMAGE", "COMPOSED", "FM4_1"})
"""Image types whose planes are not those that were acquired."""


class Siemens(Vendor):
    """`SIEMENS`, `Siemens Healthineers`."""

    def image_type(self, header: Header) -> tuple[str, ...]:
        """XA cuts the frame type to four values; the whole of it is in (0021,1175)."""
        return header.texts(XA_IMAGE_TYPE) or super().image_type(header)

    def scanning_sequence(self, header: Header) -> tuple[str, ...]:
        """XA's enhanced objects keep the classic words in (0021,105A)."""
        written = header.texts("ScanningSequence") or header.texts(XA_SCANNING_SEQUENCE)
        return written or super().scanning_sequence(header)

    def sequence_variant(self, header: Header) -> tuple[str, ...]:
        """(0018,0021), XA (0021,105B)."""
        return super().sequence_variant(header) or header.texts(XA_SEQUENCE_VARIANT)

    def scan_options(self, header: Header) -> tuple[str, ...]:
        """(0018,0022), XA (0021,105C)."""
        return super().scan_options(header) or header.texts(XA_SCAN_OPTIONS)

    def parallel_factor(self, header: Header) -> float | None:
        """(0018,9069), else "p2" in (0051,1011)."""
        factor = super().parallel_factor(header)
        said = _PAT_FACTOR.match(header.text(PAT_MODE) or "")
        return factor if factor is not None or said is None else float(said[1])

    def interpolated(self, header: Header) -> bool | None:
        """(0051,100B), XA (0021,1158): "256*256I" is interpolated."""
        text = header.text(MATRIX_TEXT) or header.text(XA_MATRIX_TEXT)
        return None if text is None else text.upper().endswith("I")

    def announced_planes(self, header: Header, orientation: Orientation | None) -> int | None:
        """From the measurement protocol: its slices, or the images of its slab when 3D.

        None for images resampled from those acquired, and for several slabs, which overlap
        and lose images where they meet.
        """
        if RESAMPLED & set(self.image_type(header)):
            return None
        groups = slice_groups(header)
        if groups is None:
            return None
        if groups.three_dimensional or header.text("MRAcquisitionType") == "3D":
            return groups.images_per_slab if groups.slices == 1 else None
        return groups.parallel_to(orientation)

    def diffusion_scheme(self, header: Header) -> DiffusionScheme:
        """From the measurement protocol: sDiffusion.lDiffDirections and alBValue."""
        return diffusion_scheme(header)

    def tiles(self, header: Header) -> Tiles | None:
        """MOSAIC images: (0019,100A) tiles, or the CSA header's word on their number."""
        if "MOSAIC" not in header.texts("ImageType"):
            return None
        csa = image_csa(header)
        count = header.integer(TILE_COUNT) or csa.tiles or self._slices(header)
        if count is None:
            header.remark("ImageType", "MOSAIC, but the number of its tiles is nowhere")
            return None
        if tiles_counted(header, count) is None:
            return None
        return Tiles(count, normal=csa.slice_normal)

    def _slices(self, header: Header) -> int | None:
        groups = slice_groups(header)
        return None if groups is None else groups.slices

    def diffusion(self, header: Header) -> Diffusion:
        """(0018,9087) of XA, else (0019,100C..E), else the CSA header, else "ep_b1000#3"."""
        if "DiffusionBValue" in header:
            return super().diffusion(header)
        b_value, directionality = header.number(B_VALUE), header.text(DIRECTIONALITY)
        direction = unit_vector(header, GRADIENT_DIRECTION)
        if b_value is None and HEADER_TYPE not in header:  # else the group is there, without b
            csa = image_csa(header)
            b_value, directionality = csa.b_value, csa.directionality
            direction = _rounded(csa.direction)
        if b_value is None:
            b_value = _named_b_value(header)
        if "TRACEW" in header.texts("ImageType"):
            directionality = "ISOTROPIC"
        return diffusion(b_value, direction, directionality)


def _rounded(direction: Vector | None) -> Vector | None:
    return None if direction is None else normalised(direction)


def _named_b_value(header: Header) -> float | None:
    said = _NAMED_B_VALUE.match(header.text("SequenceName") or "")
    return None if said is None else float(said[1])
