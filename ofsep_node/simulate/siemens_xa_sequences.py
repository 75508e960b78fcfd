"""The OFSEP sequences as a Siemens scanner of software XA30 is programmed for them.

The pulse sequences and their parameters are those of VE11; what XA says of them is not: the
sequence's name is that of the pulse sequence and no longer that of a diffusion volume, and the
spectrum of filters at the end of ImageType is shorter.
"""

from __future__ import annotations

from dataclasses import replace

from ofsep_node.simulate.examination import Diffusion, Scanner, Sequence
from ofsep_node.simulate.siemens_sequences import ALTERNATIVES as VE_ALTERNATIVES
from ofsep_node.simulate.siemens_sequences import SEQUENCES as VE_SEQUENCES

VIDA = Scanner(
    "Siemens Healthineers", "MAGNETOM Vida", "syngo MR XA30", 3.0, 2.89494, station_name="IRM2"
)

_FILTERS = {"NORM": "", "ND": "ND", "DIS2D": "DIS2D", "DIS3D": "DIS3D"}


def _as_xa(sequence: Sequence) -> Sequence:
    return replace(
        sequence,
        image_type=_image_type(sequence.image_type),
        sequence_name=_pulse_sequence_name(sequence),
        diffusion=tuple(map(_without_star, sequence.diffusion)),
    )


def _image_type(ve: tuple[str, ...]) -> tuple[str, ...]:
    """The values of (0021,1175): XA does not write NORM."""
    return tuple(token for token in ve if _FILTERS.get(token, token))


def _pulse_sequence_name(sequence: Sequence) -> str:
    """Diffusion is named after its echo-planar readout, with the matrix: epse2d1_224."""
    if not (sequence.diffusion or sequence.weighting == "fa"):
        return sequence.sequence_name
    return f"epse2d1_{sequence.slab.rows}"


def _without_star(volume: Diffusion) -> Diffusion:
    return replace(volume, sequence_name=volume.sequence_name.lstrip("*"))


SEQUENCES: dict[str, Sequence] = {key: _as_xa(s) for key, s in VE_SEQUENCES.items()}

ALTERNATIVES: dict[str, Sequence] = {key: _as_xa(s) for key, s in VE_ALTERNATIVES.items()}
"""Sequences that take the place of another, by their own names."""
