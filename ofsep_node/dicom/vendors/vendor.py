"""What a vendor may say in its own way, and what the standard says when it does not.

`Vendor` reads the standard attributes; each vendor's class overrides only its own quirks.
Sources: PS3.3 C.8.3 (MR Image), C.8.13 (Enhanced MR Image).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ofsep_node.dicom.header import Attribute, Header
from ofsep_node.domain.geometry import Orientation, Vector
from ofsep_node.domain.instance import DiffusionNumber

B0_BELOW = 10.0
"""Below this b-value (s/mm2) an image carries no direction: UIH writes 1.25, Philips 0.004."""


@dataclass(frozen=True, slots=True)
class Diffusion:
    """The diffusion weighting of an image; all None when it has none."""

    b_value: float | None = None  # s/mm2
    direction: Vector | None = None  # unit length, patient coordinates
    directionality: str | None = None  # (0018,9075)


NOT_DIFFUSION = Diffusion()


@dataclass(frozen=True, slots=True)
class DiffusionScheme:
    """How many gradients and b-values a header announces; None where it does not, or not surely."""

    gradients: int | None = None  # distinct directions
    b_values: int | None = None  # distinct, that of b0 included


NO_SCHEME = DiffusionScheme()


@dataclass(frozen=True, slots=True)
class Tiles:
    """A mosaic: how many planes are tiled into one image, and where they lie.

    `positions_mm` is empty when only the first plane can be placed; `normal` is the unit
    vector from one tile to the next.
    """

    count: int
    normal: Vector | None = None
    positions_mm: tuple[Vector, ...] = ()

    @property
    def side(self) -> int:
        """Tiles along each edge of the mosaic."""
        return math.isqrt(self.count - 1) + 1


MOST_TILES = 1024
"""A grid of 32 x 32 planes: the largest mosaics hold about a hundred."""


def tiles_counted(header: Header, count: int) -> int | None:
    """The number of tiles that a header gives; None, with a remark, where it cannot be."""
    pixels = min(header.integer("Rows") or 0, header.integer("Columns") or 0)
    if 1 <= count <= MOST_TILES and math.isqrt(count - 1) < pixels:
        return count
    header.remark("ImageType", f"a mosaic of {count} tiles cannot be")
    return None


class Vendor:
    """A vendor that writes nothing but the standard."""

    def completed(self, header: Header) -> Header:
        """The header with what the vendor wrote elsewhere, where the standard's place is empty."""
        return header

    def image_type(self, header: Header) -> tuple[str, ...]:
        """Of the frame if there is one, else of the image."""
        return header.texts("FrameType") or header.texts("ImageType")

    def scanning_sequence(self, header: Header) -> tuple[str, ...]:
        """SE, IR, GR, EP, RM; in enhanced objects, from the pulse sequence's own attributes."""
        return header.texts("ScanningSequence") or _from_pulse_sequence(header)

    def sequence_variant(self, header: Header) -> tuple[str, ...]:
        """(0018,0021)."""
        return header.texts("SequenceVariant")

    def scan_options(self, header: Header) -> tuple[str, ...]:
        """(0018,0022)."""
        return header.texts("ScanOptions")

    def sequence_name(self, header: Header) -> str | None:
        """(0018,0024), in enhanced objects (0018,9005)."""
        return header.text("SequenceName") or header.text("PulseSequenceName")

    def technique(self, header: Header) -> str | None:
        """The vendor's own word for the technique: the standard has none."""
        del header
        return None

    def acquisition_contrast(self, header: Header) -> str | None:
        """(0008,9209)."""
        return header.text("AcquisitionContrast")

    def parallel_factor(self, header: Header) -> float | None:
        """In-plane reduction factor (0018,9069)."""
        return header.number("ParallelReductionFactorInPlane")

    def interpolated(self, header: Header) -> bool | None:
        """Whether the header says that pixels were interpolated: the standard never does."""
        del header
        return None

    def announced_planes(self, header: Header, orientation: Orientation | None) -> int | None:
        """Planes that the header says each volume of the series has."""
        del header, orientation
        return None

    def images_in_acquisition(self, header: Header) -> int | None:
        """Images, or tiles of mosaics, that the header says the series has (0020,1002)."""
        return header.integer("ImagesInAcquisition")

    def diffusion_scheme(self, header: Header) -> DiffusionScheme:
        """The gradients that were programmed: the standard has no attribute for their number."""
        del header
        return NO_SCHEME

    def diffusion_numbers(self, header: Header) -> tuple[DiffusionNumber, ...]:
        """The vendor's own numbers of the image's b-value and gradient."""
        del header
        return ()

    def tiles(self, header: Header) -> Tiles | None:
        """The mosaic this image is, if it is one."""
        del header
        return None

    def diffusion(self, header: Header) -> Diffusion:
        """(0018,9087), (0018,9089), (0018,9075).

        A b-value of 0 is kept only on an image that shows itself to be diffusion-weighted
        (see `shows_diffusion`): some vendors write it on every image.
        """
        b_value = header.number("DiffusionBValue")
        if b_value is not None and b_value < B0_BELOW and not self.shows_diffusion(header):
            return NOT_DIFFUSION
        direction = unit_vector(header, "DiffusionGradientOrientation")
        return diffusion(b_value, direction, header.text("DiffusionDirectionality"))

    def shows_diffusion(self, header: Header) -> bool:
        """Echo-planar with another witness of diffusion, or plainly labelled so."""
        labels = (self.acquisition_contrast(header) or "", *self.image_type(header))
        if "DIFFUSION" in labels:
            return True
        spin_echo = {"EP", "SE"} <= set(self.scanning_sequence(header))
        return spin_echo and "DiffusionBValue" in header


def _from_pulse_sequence(header: Header) -> tuple[str, ...]:
    echoes = {"SPIN": ("SE",), "GRADIENT": ("GR",), "BOTH": ("SE", "GR")}
    sequence = echoes.get(header.text("EchoPulseSequence") or "", ())
    if header.text("InversionRecovery") == "YES":
        sequence += ("IR",)
    if header.text("EchoPlanarPulseSequence") == "YES":
        sequence += ("EP",)
    return sequence


def diffusion(
    b_value: float | None, direction: Vector | None, directionality: str | None
) -> Diffusion:
    """Make the three agree: no direction without a b-value, on a b0, or on a trace."""
    if b_value is None:
        return NOT_DIFFUSION
    if b_value < B0_BELOW:
        return Diffusion(b_value, None, "NONE")
    if directionality in ("NONE", None):
        directionality = None if direction is None else "DIRECTIONAL"
    return Diffusion(b_value, None if directionality == "ISOTROPIC" else direction, directionality)


def unit_vector(header: Header, attribute: Attribute) -> Vector | None:
    """A direction of unit length to four decimals; None when absent or null."""
    values = header.vector(attribute, 3)
    return None if values is None else normalised((values[0], values[1], values[2]))


def normalised(vector: Vector) -> Vector | None:
    """The vector at unit length, to four decimals; None for a null vector."""
    length = math.sqrt(sum(v * v for v in vector))
    if length < 1e-3:
        return None
    x, y, z = (round(v / length, 4) + 0.0 for v in vector)
    return (x, y, z)
