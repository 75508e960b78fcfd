"""Writes an examination as a Siemens scanner of software XA30 exports it to a classic archive.

The enhanced objects are split into single images (MFSPLIT). Diffusion is in the standard's
attributes; group 0021 takes the place of VE's groups 0019, 0029 and 0051.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pydicom.dataset import Dataset

from ofsep_node.simulate import classic
from ofsep_node.simulate.classic import Habits, Named, drop
from ofsep_node.simulate.examination import Examination, Sequence
from ofsep_node.simulate.identity import UidPlan
from ofsep_node.simulate.image import Image, Pixels
from ofsep_node.simulate.siemens import add_siemens_image, add_siemens_series
from ofsep_node.simulate.siemens_xa_private import add_image_block, add_series_block
from ofsep_node.simulate.siemens_xa_sequences import ALTERNATIVES as XA_ALTERNATIVES
from ofsep_node.simulate.siemens_xa_sequences import SEQUENCES as XA_SEQUENCES
from ofsep_node.simulate.siemens_xa_sequences import VIDA

SCANNER = VIDA

_SERIES_ITEM, _IMAGE_ITEM = 0x002110FE, 0x002111FE
_DIFFUSION = frozenset({"dwi", "dti", "adc", "fa"})


def _exported(sequence: Sequence) -> Sequence:
    """As the export words it: MPRAGE without IR, echo-planar spin echoes as gradient echoes."""
    exported = replace(sequence, image_type=(*sequence.image_type, "MFSPLIT"))
    if sequence.sequence_file == "tfl":
        return replace(exported, scanning_sequence=("GR",), sequence_variant=("SK",))
    if sequence.scanning_sequence == ("EP",):
        return replace(exported, scanning_sequence=("GR", "EP"))
    return exported


SEQUENCES: dict[str, Sequence] = {key: _exported(s) for key, s in XA_SEQUENCES.items()}
ALTERNATIVES: dict[str, Sequence] = {key: _exported(s) for key, s in XA_ALTERNATIVES.items()}


def image_files(
    examination: Examination, sequence: Sequence, uids: UidPlan, pixels: Pixels | None
) -> Iterator[Named]:
    """The images of a sequence that reach the network."""
    return classic.files(HABITS, examination, sequence, uids, pixels)


def _series(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    add_siemens_series(dataset, examination, sequence)
    block = Dataset()
    add_series_block(block, examination, sequence)
    _add_flat(dataset, block, _SERIES_ITEM)
    if sequence.weighting == "adc":
        dataset.DiffusionDirectionality = "ISOTROPIC"


def _image(dataset: Dataset, examination: Examination, sequence: Sequence, image: Image) -> None:
    del examination
    add_siemens_image(dataset, sequence, image)
    block = Dataset()
    add_image_block(block, sequence, image)
    _add_flat(dataset, block, _IMAGE_ITEM)
    if sequence.weighting in _DIFFUSION - {"adc"}:
        _add_diffusion(dataset, image)


def _add_flat(dataset: Dataset, block: Dataset, item: int) -> None:
    """A private block whose attributes lie in the image itself, not in an item."""
    dataset.update({element.tag: element for element in block[item].value[0]})


def _add_diffusion(dataset: Dataset, image: Image) -> None:
    drop(dataset, "DiffusionBValue", "DiffusionDirectionality", "DiffusionGradientOrientation")
    weighting = image.diffusion
    if weighting is None or weighting.b_value is None:
        return
    dataset.DiffusionBValue = weighting.b_value
    dataset.DiffusionDirectionality = weighting.directionality
    if weighting.direction is not None:
        dataset.DiffusionGradientOrientation = list(weighting.direction)


HABITS = Habits(
    name="siemens-xa",
    implementation_version="SIMULATED_XA30",
    series=_series,
    image=_image,
    character_set="ISO_IR 192",
)
