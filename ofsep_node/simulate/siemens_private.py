"""What Siemens VE11 writes beside the standard: groups 0019 and 0051, and the CSA headers.

Private elements as in the vendor's conformance statement (blocks SIEMENS MR HEADER, SIEMENS CSA
HEADER); the protocol text announces how many slices were programmed: sSliceArray.lSize for 2D,
sKSpace.lImagesPerSlab for 3D.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from pydicom.dataset import Dataset

from ofsep_node.domain.geometry import Vector
from ofsep_node.simulate.examination import Examination, Sequence, Slab
from ofsep_node.simulate.image import Image
from ofsep_node.simulate.siemens_csa import CsaTag, CsaValue, csa_header, phoenix_protocol

_NO_DIFFUSION, _THREE_SCAN_TRACE, _TENSOR = 1, 0x40, 0x100  # sDiffusion.ulMode
_DIMENSION = {"2D": 2, "3D": 4}  # sKSpace.ucDimension
_DIRECTION_LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))
_PLANE_WORDS = ("Sag", "Cor", "Tra")


def add_private_series(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    """Elements that all images of a series share."""
    mr = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    mr.add_new(0x08, "CS", "IMAGE NUM 4")
    mr.add_new(0x09, "LO", "1.0")
    mr.add_new(0x0F, "SH", "Fast*")
    mr.add_new(0x11, "SH", "No")
    csa = dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    medcom = dataset.private_block(0x0029, "SIEMENS MEDCOM HEADER2", create=True)
    day = f"{examination.study_date:%Y%m%d}"
    csa.add_new(0x08, "CS", "IMAGE NUM 4")
    csa.add_new(0x09, "LO", day)
    csa.add_new(0x18, "CS", "MR")
    csa.add_new(0x19, "LO", day)
    csa.add_new(0x20, "OB", _even(series_csa(examination, sequence)))
    medcom.add_new(0x60, "LO", "com")
    _add_texts(dataset, sequence)


def _add_texts(dataset: Dataset, sequence: Sequence) -> None:
    texts = dataset.private_block(0x0051, "SIEMENS MR HEADER", create=True)
    texts.add_new(0x08, "CS", "IMAGE NUM 4")
    texts.add_new(0x09, "LO", "1.0")
    minutes, seconds = divmod(round(sequence.duration_s), 60)
    texts.add_new(0x0A, "LO", f"TA {minutes:02d}:{seconds:02d}")
    texts.add_new(0x0F, "LO", coil(sequence))
    if sequence.parallel_factor:
        texts.add_new(0x11, "LO", f"p{sequence.parallel_factor}")
    texts.add_new(0x12, "SH", "TP 0")
    texts.add_new(0x13, "SH", "+LPH")
    texts.add_new(0x16, "LO", "/".join(sequence.image_type[2:]))
    texts.add_new(0x19, "LO", "/".join((f"A{sequence.averages}", *sequence.scan_options)))


def add_private_image(dataset: Dataset, sequence: Sequence, image: Image) -> None:
    """Elements of one image; replaces those of the image before."""
    mr = dataset.private_block(0x0019, "SIEMENS MR HEADER")
    mr.add_new(0x15, "FD", list(image.position_mm))
    _add_diffusion(dataset, image)
    csa = dataset.private_block(0x0029, "SIEMENS CSA HEADER")
    csa.add_new(0x10, "OB", _even(image_csa(sequence, image)))
    texts = dataset.private_block(0x0051, "SIEMENS MR HEADER")
    down, across = image.slab.field_of_view_mm
    texts.add_new(0x0B, "LO", _matrix_text(sequence, image.slab))
    texts.add_new(0x0C, "LO", f"FoV {down:.0f}*{across:.0f}")
    texts.add_new(0x0D, "SH", f"SP {_location_text(image)}")
    texts.add_new(0x0E, "LO", orientation_text(image.slab.scan_normal))
    texts.add_new(0x17, "SH", f"SL {image.slab.thickness_mm:.1f}")


def coil(sequence: Sequence) -> str:
    """The coil elements in use."""
    return {"brain": "HEA;HEP", "cord": "HEA;HEP;SP1-3"}.get(sequence.organ, "KN1")


def _add_diffusion(dataset: Dataset, image: Image) -> None:
    mr = dataset.private_block(0x0019, "SIEMENS MR HEADER")
    for element in (0x0C, 0x0D, 0x0E):
        if element in mr:
            del mr[element]
    if image.diffusion is None:
        return
    if image.diffusion.b_value is not None:
        mr.add_new(0x0C, "IS", round(image.diffusion.b_value))
        mr.add_new(0x0D, "CS", image.diffusion.directionality)
    if image.diffusion.direction is not None:
        mr.add_new(0x0E, "FD", list(image.diffusion.direction))


def _matrix_text(sequence: Sequence, slab: Slab) -> str:
    partial_fourier = "p" if "PFP" in sequence.scan_options else ""
    read, phase = slab.acquired_matrix
    if sequence.phase_encoding == "COL":
        phase, read = read, phase
    interpolated = "I" if slab.acquired_matrix != (slab.rows, slab.columns) else ""
    return f"{phase}{partial_fourier}*{read}{interpolated}"


def _location_text(image: Image) -> str:
    axis = max(range(3), key=lambda a: abs(image.slab.scan_normal[a]))
    negative, positive = _DIRECTION_LETTERS[axis]
    return f"{positive if image.location_mm >= 0 else negative}{abs(image.location_mm):.1f}"


def orientation_text(scan_normal: Vector) -> str:
    """The plane in the console's words: "Sag", or "Tra>Cor(-12.0)"."""
    order = sorted(range(3), key=lambda a: -abs(scan_normal[a]))
    first, second = order[0], order[1]
    angle = math.degrees(math.atan2(scan_normal[second], scan_normal[first]))
    if abs(angle) < 0.05:
        return _PLANE_WORDS[first]
    return f"{_PLANE_WORDS[first]}>{_PLANE_WORDS[second]}({angle:.1f})"


def image_csa(sequence: Sequence, image: Image) -> bytes:
    """The CSA image header (0029,1010)."""
    d = image.diffusion
    b_value = () if d is None or d.b_value is None else (round(d.b_value),)
    directionality = () if d is None or d.b_value is None else (d.directionality,)
    direction = () if d is None or d.direction is None else d.direction
    normal = () if d is None else image.slab.scan_normal
    return csa_header(
        (
            CsaTag("B_value", "IS", 1, b_value),
            CsaTag("ProtocolSliceNumber", "IS", 1, (image.slice_index,)),
            CsaTag("AcquisitionMatrixText", "SH", 1, (_matrix_text(sequence, image.slab),)),
            CsaTag("PhaseEncodingDirectionPositive", "IS", 1, (1,)),
            CsaTag("NumberOfImagesInMosaic", "US", 1),
            CsaTag("DiffusionGradientDirection", "FD", 3, direction),
            CsaTag("SliceNormalVector", "FD", 3, normal),
            CsaTag("DiffusionDirectionality", "CS", 1, directionality),
            CsaTag("SlicePosition_PCS", "FD", 3, image.position_mm),
            CsaTag("ImaCoilString", "LO", 1, (coil(sequence),)),
            CsaTag("B_matrix", "FD", 6, _b_matrix(image)),
        )
    )


def _b_matrix(image: Image) -> tuple[float, ...]:
    """b times the dyadic product of the direction: xx, xy, xz, yy, yz, zz in s/mm2."""
    d = image.diffusion
    if d is None or d.direction is None or d.b_value is None:
        return ()
    x, y, z = d.direction
    return tuple(d.b_value * p for p in (x * x, x * y, x * z, y * y, y * z, z * z))


def series_csa(examination: Examination, sequence: Sequence) -> bytes:
    """The CSA series header (0029,1020), with the protocol text."""
    pat = (f"p{sequence.parallel_factor}",) if sequence.parallel_factor else ()
    text = phoenix_protocol(protocol(examination, sequence))
    return csa_header(
        (
            CsaTag("UsedPatientWeight", "IS", 1, (round(examination.patient.weight_kg),)),
            CsaTag("SequenceFileOwner", "SH", 1, ("SIEMENS",)),
            CsaTag("MrProtocolVersion", "IS", 1, (51130001,)),
            CsaTag("PositivePCSDirections", "SH", 1, ("+LPH",)),
            CsaTag("ReadoutOS", "FD", 1, (2.0,)),
            CsaTag("LongModelName", "LO", 1, ("NUMARIS/4",)),
            CsaTag("SliceArrayConcatenations", "IS", 1, (1,)),
            CsaTag("CoilString", "LO", 1, (coil(sequence),)),
            CsaTag("PATModeText", "LO", 1, pat),
            CsaTag("MrPhoenixProtocol", "UN", 1, (text,)),
            CsaTag("GradientMode", "SH", 1, ("Fast*",)),
            CsaTag("FlowCompensation", "SH", 1, ("No",)),
        )
    )


def protocol(examination: Examination, sequence: Sequence) -> Iterator[tuple[str, CsaValue]]:
    """The ASCCONV assignments: timings in microseconds, lengths in mm."""
    yield "ulVersion", 51130001
    yield "tSequenceFileName", f"%SiemensSeq%\\{sequence.sequence_file}"
    yield "tProtocolName", sequence.protocol_name
    yield "lContrasts", len(sequence.echoes_ms)
    yield "lAverages", sequence.averages
    yield "sProtConsistencyInfo.tBaselineString", "N4_VE11C_LATEST_20160120"
    yield "sProtConsistencyInfo.flNominalB0", examination.scanner.actual_field_t
    yield "alTR[0]", round(sequence.repetition_time_ms * 1000)
    if sequence.inversion_time_ms is not None:
        yield "alTI[0]", round(sequence.inversion_time_ms * 1000)
    for number, echo_time_ms in enumerate(sequence.echoes_ms):
        yield f"alTE[{number}]", round(echo_time_ms * 1000)
    yield from _slices(sequence)
    yield from _k_space(sequence)
    yield "sFastImaging.lTurboFactor", sequence.echo_train_length
    yield from _diffusion_scheme(examination, sequence)
    yield "sPat.lAccelFactPE", sequence.parallel_factor or 1
    yield "sPat.lAccelFact3D", 1
    yield "sPat.ucPATMode", 2 if sequence.parallel_factor else 1
    yield "adFlipAngleDegree[0]", sequence.flip_angle_deg


def _slices(sequence: Sequence) -> Iterator[tuple[str, CsaValue]]:
    """One entry per slice in 2D; one slab in 3D."""
    if sequence.dimension == "3D":
        slab = sequence.slab
        yield "sSliceArray.lSize", 1
        yield from _slice_entry(0, slab, slab.extent_mm, slab.centre_mm)
        return
    yield "sSliceArray.lSize", sum(s.slices for s in sequence.slabs)
    number = 0
    for slab in sequence.slabs:
        for index in range(slab.slices):
            yield from _slice_entry(number, slab, slab.thickness_mm, slab.centre_of_slice_mm(index))
            number += 1


def _slice_entry(
    number: int, slab: Slab, thickness_mm: float, centre_mm: Vector
) -> Iterator[tuple[str, CsaValue]]:
    entry = f"sSliceArray.asSlice[{number}]"
    down, across = slab.field_of_view_mm
    yield f"{entry}.dThickness", float(thickness_mm)
    yield f"{entry}.dPhaseFOV", across
    yield f"{entry}.dReadoutFOV", down
    for axis, word in enumerate(_PLANE_WORDS):
        yield f"{entry}.sPosition.d{word}", float(centre_mm[axis])
    for axis, word in enumerate(_PLANE_WORDS):
        if slab.scan_normal[axis]:
            yield f"{entry}.sNormal.d{word}", float(slab.scan_normal[axis])


def _k_space(sequence: Sequence) -> Iterator[tuple[str, CsaValue]]:
    slab = sequence.slab
    in_slab = slab.slices if sequence.dimension == "3D" else 16  # the console's idle value in 2D
    yield "sKSpace.dPhaseResolution", 1.0
    yield "sKSpace.dSliceResolution", 1.0
    yield "sKSpace.lBaseResolution", slab.acquired_matrix[0]
    yield "sKSpace.lPhaseEncodingLines", slab.acquired_matrix[1]
    yield "sKSpace.lPartitions", in_slab
    yield "sKSpace.lImagesPerSlab", in_slab
    yield "sKSpace.ucDimension", _DIMENSION[sequence.dimension]


def _diffusion_scheme(
    examination: Examination, sequence: Sequence
) -> Iterator[tuple[str, CsaValue]]:
    """Maps and traces repeat the scheme of the images they were computed from."""
    if not sequence.programmed_b_values:
        yield "sDiffusion.ulMode", _NO_DIFFUSION
        return
    source = examination.sequence(sequence.derived_from or sequence.key) or sequence
    directions = {d.direction for d in source.diffusion} - {None}
    yield "sDiffusion.lDiffWeightings", len(sequence.programmed_b_values)
    yield "sDiffusion.lDiffDirections", len(directions) or 3
    yield "sDiffusion.ulMode", _TENSOR if directions else _THREE_SCAN_TRACE
    for number, b_value in enumerate(sequence.programmed_b_values):
        if b_value:
            yield f"sDiffusion.alBValue[{number}]", b_value


def _even(value: bytes) -> bytes:
    return value + bytes(len(value) % 2)
