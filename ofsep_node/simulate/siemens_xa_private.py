"""Private attributes of Siemens' software XA in Enhanced MR objects: group 0021.

`SIEMENS MR SDS 01` holds what is of the series, `SIEMENS MR SDI 02` what is of one frame; each
wraps its attributes in one more item, (0021,10FE) and (0021,11FE).
"""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from ofsep_node.simulate.enhanced_groups import decimal
from ofsep_node.simulate.examination import Examination, Sequence, Slab
from ofsep_node.simulate.image import Image
from ofsep_node.simulate.siemens_csa import phoenix_protocol
from ofsep_node.simulate.siemens_private import protocol

SERIES_BLOCK, IMAGE_BLOCK, INDEX_BLOCK = (
    "SIEMENS MR SDS 01",
    "SIEMENS MR SDI 02",
    "SIEMENS MR SDR 01",
)
_PROTOCOL_VERSION = 63010001
_SIDES = (("R", "L"), ("A", "P"), ("F", "H"))


def add_header_blocks(header: Dataset) -> None:
    """What stands outside the functional groups."""
    header.add_new(0x00210012, "LO", INDEX_BLOCK)
    header.add_new(0x00211201, "LO", "ACQUISITION")
    header.add_new(0x00211202, "LO", "ACQUISITION")


def add_series_block(shared: Dataset, examination: Examination, sequence: Sequence) -> None:
    """The shared group's block: the measurement protocol and the classic words for the pulses."""
    item = Dataset()
    item.add_new(0x00210010, "LO", SERIES_BLOCK)
    item.add_new(0x00211008, "SH", "Fast*")
    if sequence.parallel_factor:
        item.add_new(0x00211009, "LO", f"p{sequence.parallel_factor}")
    item.add_new(0x0021100C, "SH", "+LPH")
    item.add_new(0x00211010, "IS", _PROTOCOL_VERSION)
    item.add_new(0x00211018, "SH", "Head")
    item.add_new(0x00211019, "OB", _protocol(examination, sequence))
    item.add_new(0x0021102B, "ST", f"1;HFS;{examination.patient.weight_kg:.0f};;;0;2;0")
    if sequence.weighting in ("dwi", "dti", "adc", "fa"):
        item.add_new(0x00211049, "CS", "DIFFUSION")
    item.add_new(0x0021105A, "CS", list(sequence.scanning_sequence))
    item.add_new(0x0021105B, "CS", list(sequence.sequence_variant))
    if sequence.scan_options:
        item.add_new(0x0021105C, "CS", list(sequence.scan_options))
    down, across = sequence.slab.field_of_view_mm
    item.add_new(0x0021105E, "LO", f"FoV {down:.0f}*{across:.0f}")
    shared.add_new(0x00210010, "LO", SERIES_BLOCK)
    shared.add_new(0x002110FE, "SQ", Items([item]))


def _protocol(examination: Examination, sequence: Sequence) -> bytes:
    text = phoenix_protocol(protocol(examination, sequence)).encode("latin-1")
    return text + bytes(len(text) % 2)


def add_image_block(frame: Dataset, sequence: Sequence, image: Image) -> None:
    """A frame's block: the whole image type, the matrix, where the slice lies."""
    item = Dataset()
    item.add_new(0x00210011, "LO", IMAGE_BLOCK)
    item.add_new(0x00211103, "DS", decimal(round(sequence.duration_s * 1000)))
    item.add_new(0x0021114F, "LO", "HC1-7;NC1")
    if sequence.parallel_factor:
        item.add_new(0x00211156, "LO", f"p{sequence.parallel_factor}")
    item.add_new(0x00211158, "SH", matrix_text(sequence, image.slab))
    item.add_new(0x0021115B, "FD", list(image.position_mm))
    if "ImageType" not in sequence.absent:
        item.add_new(0x00211175, "CS", list(sequence.image_type))
    item.add_new(0x00211188, "DS", decimal(round(image.location_mm, 4)))
    if sequence.inversion_time_ms is not None:
        item.add_new(0x00211189, "FD", float(sequence.inversion_time_ms))
    item.add_new(0x0021118B, "SH", _location_text(image))
    frame.add_new(0x00210011, "LO", IMAGE_BLOCK)
    frame.add_new(0x002111FE, "SQ", Items([item]))


def matrix_text(sequence: Sequence, slab: Slab) -> str:
    """Phase steps and readout: "256*256", with p for partial Fourier, I for interpolation."""
    read, phase = slab.acquired_matrix
    if sequence.phase_encoding == "COL":
        phase, read = read, phase
    partial = "p" if "PFP" in sequence.scan_options else ""
    interpolated = "I" if slab.acquired_matrix != (slab.rows, slab.columns) else ""
    return f"{phase}{partial}*{read}{interpolated}"


def _location_text(image: Image) -> str:
    """The side along which slices are numbered, and how far: "SP F23.4"."""
    axis = max(range(3), key=lambda a: abs(image.slab.scan_normal[a]))
    side = _SIDES[axis][image.location_mm >= 0]
    return f"SP {side}{abs(image.location_mm):.1f}"
