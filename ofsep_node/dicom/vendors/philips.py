"""Philips.

Classic images repeat the attributes of the enhanced object in a private item (2005,140F).
"""

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
from ofsep_node.domain.geometry import Orientation, Vector
from ofsep_node.domain.instance import DiffusionNumber

_IMAGING_1 = "Philips Imaging DD 001"
_MR_IMAGING_1 = "Philips MR Imaging DD 001"
_MR_IMAGING_5 = "Philips MR Imaging DD 005"
B_FACTOR = PrivateTag(_IMAGING_1, 0x2001, 0x03, "FL")
DIFFUSION_DIRECTION = PrivateTag(_IMAGING_1, 0x2001, 0x04, "CS")
EPI_FACTOR = PrivateTag(_IMAGING_1, 0x2001, 0x13, "SL")
NUMBER_OF_SLICES = PrivateTag(_IMAGING_1, 0x2001, 0x18, "SL")
EPI_FACTOR_FROM = 9
"""Echoes per excitation; a field echo or a GRASE with some gradient echoes has fewer."""
TECHNIQUE = PrivateTag(_IMAGING_1, 0x2001, 0x20, "LO")
STACKS = PrivateTag(_IMAGING_1, 0x2001, 0x5F, "SQ")
SLICES_OF_STACK = PrivateTag(_IMAGING_1, 0x2001, 0x2D, "SS")
DIRECTION_RL = PrivateTag(_MR_IMAGING_1, 0x2005, 0xB0, "FL")
DIRECTION_AP = PrivateTag(_MR_IMAGING_1, 0x2005, 0xB1, "FL")
DIRECTION_FH = PrivateTag(_MR_IMAGING_1, 0x2005, 0xB2, "FL")
B_VALUE_NUMBER = PrivateTag(_MR_IMAGING_5, 0x2005, 0x12, "IS", block=0x14)
GRADIENT_NUMBER = PrivateTag(_MR_IMAGING_5, 0x2005, 0x13, "IS", block=0x14)
B_VALUES = PrivateTag(_MR_IMAGING_5, 0x2005, 0x14, "SL", block=0x14)
GRADIENTS = PrivateTag(_MR_IMAGING_5, 0x2005, 0x15, "SL", block=0x14)
ENHANCED_ITEM = PrivateTag(_MR_IMAGING_5, 0x2005, 0x0F, "SQ", block=0x14)

_COMPLETED = frozenset(
    {
        0x00180020,  # ScanningSequence
        0x00180021,  # SequenceVariant
        0x00180023,  # MRAcquisitionType
        0x00181310,  # AcquisitionMatrix
        0x00189005,  # PulseSequenceName
        0x00189018,  # EchoPlanarPulseSequence
        0x00189069,  # ParallelReductionFactorInPlane
        0x00089209,  # AcquisitionContrast
    }
)
"""Diffusion attributes are left out: the item says NONE of every image."""


class Philips(Vendor):
    """`Philips`, `Philips Medical Systems`, `Philips Healthcare`."""

    def completed(self, header: Header) -> Header:
        """Classic images leave some attributes to the private item (2005,140F)."""
        item = next(iter(header.items(ENHANCED_ITEM)), None)
        return header if item is None else header.over(item.elements_at(_COMPLETED))

    def scanning_sequence(self, header: Header) -> tuple[str, ...]:
        """(0018,0020), with EP where (2001,1013) says so: a BOLD is written as GR alone."""
        written = super().scanning_sequence(header)
        echo_planar = (header.number(EPI_FACTOR) or 1) >= EPI_FACTOR_FROM
        return (*written, "EP") if echo_planar and "EP" not in written else written

    def technique(self, header: Header) -> str | None:
        """(2001,1020): T1TFE, TSE, TIR, FEEPI, DwiSE."""
        return header.text(TECHNIQUE)

    def announced_planes(self, header: Header, orientation: Orientation | None) -> int | None:
        """(2001,1018) when there is one stack; its slices (2001,102D) otherwise say more."""
        del orientation
        stacks = [s.integer(SLICES_OF_STACK) for s in header.items(STACKS)]
        if len(stacks) > 1:
            return None  # planes of several stacks are counted together in (2001,1018)
        planes = header.integer(NUMBER_OF_SLICES) or (stacks[0] if stacks else None)
        return planes if planes and planes > 0 else None

    def diffusion(self, header: Header) -> Diffusion:
        """(0018,9087) or (2001,1003); (0018,9089) or (2005,10B0..B2).

        Both b-values are 0.0 on every series that is not diffusion-weighted: 0 is kept only
        with the evidence of `shows_diffusion`. Beyond 0, an image without a direction is the
        trace that Philips appends as one more volume: ISOTROPIC.
        """
        b_value = header.number("DiffusionBValue")
        if b_value is None:
            b_value = header.number(B_FACTOR)
        if b_value is None or (b_value < B0_BELOW and not self.shows_diffusion(header)):
            return NOT_DIFFUSION
        direction = unit_vector(header, "DiffusionGradientOrientation") or _direction(header)
        return diffusion(b_value, direction, _directionality(header, direction))

    def diffusion_numbers(self, header: Header) -> tuple[DiffusionNumber, ...]:
        """(2005,1412) of (2005,1414) b-values, (2005,1413) of (2005,1415) gradients.

        The last of the gradients stands for none, that of b0 and of the trace, and may be unused.
        """
        b_value, b_values = header.integer(B_VALUE_NUMBER), header.integer(B_VALUES)
        gradient, gradients = header.integer(GRADIENT_NUMBER), header.integer(GRADIENTS)
        numbers = []
        if b_value is not None and b_values is not None:
            numbers.append(DiffusionNumber("b-values", b_value, b_values))
        if gradient is not None and gradients is not None:
            numbers.append(DiffusionNumber("directions", gradient, gradients - 1))
        return tuple(numbers)

    def shows_diffusion(self, header: Header) -> bool:
        """Labelled DIFFUSION, or echo-planar with a technique that says so (DwiSE, DwiIR)."""
        if self.acquisition_contrast(header) == "DIFFUSION":
            return True
        echo_planar = (header.number(EPI_FACTOR) or 1) > 1 or "EP" in self.scanning_sequence(header)
        return echo_planar and (self.technique(header) or "").upper().startswith("DWI")


def _direction(header: Header) -> Vector | None:
    rl, ap, fh = (header.number(t) for t in (DIRECTION_RL, DIRECTION_AP, DIRECTION_FH))
    return None if rl is None or ap is None or fh is None else normalised((rl, ap, fh))


def _directionality(header: Header, direction: Vector | None) -> str | None:
    written = header.text("DiffusionDirectionality")
    named = header.text(DIFFUSION_DIRECTION)
    if named in ("P", "M", "S", "O") and _withholds_its_direction(header):
        return written  # along an axis, or oblique: no trace
    if direction is None or named == "I":
        return "ISOTROPIC" if written in (None, "NONE", "ISOTROPIC") else written
    return written


def _withholds_its_direction(header: Header) -> bool:
    """Whether no gradient is written at all; that of a trace is 0, 0, 0."""
    written = ("DiffusionGradientOrientation", DIRECTION_RL, DIRECTION_AP, DIRECTION_FH)
    return not any(header.numbers(tag) for tag in written)
