"""From a DICOM file to frozen facts, whatever vendor wrote it and in whatever form.

facts = read_facts(Path("image.dcm"))
"""

from __future__ import annotations

import os
import re
import struct
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset

from ofsep_node.dicom.classic import classic_stack, classic_volume
from ofsep_node.dicom.elements import elements_of
from ofsep_node.dicom.enhanced import FUNCTIONAL_GROUPS, Frames, fold, is_enhanced
from ofsep_node.dicom.header import Header
from ofsep_node.dicom.identifying import identifying_of
from ofsep_node.dicom.image import acquisition_of, contrast_of
from ofsep_node.dicom.inflating import DEFLATED, inflated
from ofsep_node.dicom.lean import lean_header
from ofsep_node.dicom.pixels import PIXEL_TAGS, missing_pixels
from ofsep_node.dicom.rationed import rationed
from ofsep_node.dicom.request import request_descriptions_of
from ofsep_node.dicom.vendors import vendor_of
from ofsep_node.domain.instance import (
    LONGEST_UID,
    Acquisition,
    Concatenation,
    DiffusionNumber,
    InstanceFacts,
    Stack,
    Volume,
)
from ofsep_node.domain.sop_classes import MR_IMAGES
from ofsep_node.errors import NotDicom, UnreadableObject

_BUFFER = 1 << 14
_UNDEFINED = 0xFFFFFFFF
_LARGE = 1 << 20
"""Elements longer than this (bytes) stay in the file: no attribute that is read comes near."""

_MOST_OF_FRAMES = 1 << 27
"""Bytes of functional groups, which are read whole: those of 10,000 frames take some 50 MiB."""

_IDENTIFIERS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
_STANDARD_STORAGE = "1.2.840.10008.5.1.4.1.1."
_NOT_IMAGES = tuple(
    _STANDARD_STORAGE + suffix
    for suffix in ("4.2", "9.", "11.", "66", "67", "68.", "79.1", "88.", "104.", "481.")
)
"""Spectroscopy, waveforms, presentation states, raw data, reports, documents, plans."""


def read_facts(path: Path) -> InstanceFacts:
    """Read the header of a DICOM file.

    Raises UnreadableObject when the file is not DICOM, is truncated (pixel data included, as
    far as can be seen without decoding them), or lacks one of the UIDs that identify it, or has
    one that is no UID by its length.
    """
    try:
        with path.open("rb", buffering=_BUFFER) as stream:
            return _read(stream, path)
    except OSError as error:
        raise UnreadableObject(f"{path}: {error.strerror or error}; check the file") from error


def facts_of(dataset: Dataset) -> InstanceFacts:
    """Facts of a data set, read from a file or made in memory.

    Raises UnreadableObject when it lacks one of the UIDs that identify it.
    """
    return _facts(Header.of(dataset), "the data set", _transfer_syntax(dataset))


def _read(stream: BinaryIO, path: Path) -> InstanceFacts:
    if not _looks_like_dicom(stream):
        raise NotDicom(f"{path}: not a DICOM file")
    plain = inflated(stream)
    stream = stream if plain is None else plain
    facts, missing = _facts_in(stream, path)
    if plain is not None:
        facts = replace(facts, transfer_syntax_uid=DEFLATED)
    if missing:
        raise UnreadableObject(f"{path}: truncated: {missing}; send or copy it again")
    return facts


def _facts_in(stream: BinaryIO, path: Path) -> tuple[InstanceFacts, str | None]:
    """Facts of the header, and what the file should hold after it and does not."""
    lean = lean_header(stream)
    if lean is None:
        return _facts_by_pydicom(stream, path)
    header = Header(lean.elements)
    facts = _facts(header, str(path), lean.transfer_syntax_uid or None)
    encoding = lean.encoding
    return facts, missing_pixels(
        stream,
        _size(stream),
        header,
        implicit=encoding.implicit,
        little_endian=encoding.little_endian,
    )


def _facts_by_pydicom(stream: BinaryIO, path: Path) -> tuple[InstanceFacts, str | None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = _parsed(stream, path)
        header = Header.of(dataset)
        facts = _facts(header, str(path), _transfer_syntax(dataset))
        return facts, _missing(stream, _size(stream), dataset, header)


def _looks_like_dicom(stream: BinaryIO) -> bool:
    """The prefix of PS3.10, or a bare data set that begins with group 0002 or 0008."""
    start = stream.read(132)
    stream.seek(0)
    if start[128:] == b"DICM":
        return True
    return start[:2] in (b"\x02\x00", b"\x08\x00", b"\x00\x08") and len(start) > 8


def _parsed(stream: BinaryIO, path: Path) -> FileDataset:
    try:
        dataset = dcmread(rationed(stream), stop_before_pixels=True, force=True, defer_size=_LARGE)
        _read_functional_groups(stream, dataset)
    except Exception as error:  # broken bytes can stop pydicom anywhere
        if isinstance(error, OSError) and error.errno:
            raise
        reason = str(error) or type(error).__name__
        raise UnreadableObject(f"{path}: truncated or damaged header ({reason})") from error
    return dataset


def _read_functional_groups(stream: BinaryIO, dataset: Dataset) -> None:
    """Of the elements that were passed over for their size, those that describe the frames."""
    end_of_header = stream.tell()
    elements = elements_of(dataset)
    for tag in FUNCTIONAL_GROUPS:
        element = elements.get(tag)
        if isinstance(element, RawDataElement) and element.value is None:
            if element.length > _MOST_OF_FRAMES:
                raise ValueError(f"{element.length >> 20} MiB of functional groups")
            stream.seek(element.value_tell)
            dataset[tag] = element._replace(value=stream.read(element.length))
    stream.seek(end_of_header)


def _size(stream: BinaryIO) -> int:
    position = stream.tell()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(position)
    return size


def _missing(stream: BinaryIO, size: int, dataset: FileDataset, header: Header) -> str | None:
    """What the file should hold after its header, or at its very end, and does not."""
    position = stream.tell()
    head = stream.read(4)
    stream.seek(position)
    implicit, little_endian = dataset.original_encoding
    little = little_endian is not False
    if len(head) == 4 and _tag(head, little_endian=little) in PIXEL_TAGS:
        return missing_pixels(stream, size, header, implicit=bool(implicit), little_endian=little)
    if header.text("SOPClassUID") in MR_IMAGES and "PixelDataProviderURL" not in header:
        return "the image has no pixel data"
    return _missing_end(dataset, size)


def _tag(head: bytes, *, little_endian: bool) -> int:
    group, element = struct.unpack("<HH" if little_endian else ">HH", head)
    return int(group << 16 | element)


def _missing_end(dataset: Dataset, size: int) -> str | None:
    """Whether a file without pixel data is cut short, in its last element or in the next."""
    last = list(dataset.values())[-1]
    if not isinstance(last, RawDataElement) or last.length == _UNDEFINED:
        return None
    if last.value_tell + last.length != size:
        return f"the file ends inside or just after {last.tag}"
    return None


def _facts(header: Header, name: str, transfer_syntax: str | None) -> InstanceFacts:
    sop_class, instance, study, series = _identifiers(header, name)
    contents = _contents(header, sop_class)
    return InstanceFacts(
        sop_class_uid=sop_class,
        sop_instance_uid=instance,
        study_instance_uid=study,
        series_instance_uid=series,
        transfer_syntax_uid=transfer_syntax,
        patient_id=header.text("PatientID"),
        study_date=_study_date(header),
        study_time=header.text("StudyTime"),
        study_description=header.text("StudyDescription"),
        request_descriptions=request_descriptions_of(header),
        accession_number=header.text("AccessionNumber"),
        instance_number=header.integer("InstanceNumber"),
        acquisition_number=header.integer("AcquisitionNumber"),
        acquired_at=acquired_at(header) or acquired_at(contents.first_frame),
        image_type=contents.image_type,
        number_of_frames=header.integer("NumberOfFrames"),
        acquisition=contents.acquisition,
        contrast=contrast_of(contents.first_frame),
        stacks=contents.stacks,
        volumes=contents.volumes,
        dimension_indices=contents.dimension_indices,
        concatenation=_concatenation(header),
        diffusion_numbers=contents.diffusion_numbers,
        frame_of_reference_uid=header.text("FrameOfReferenceUID"),
        identifying=identifying_of(header),
        remarks=tuple(header.remarks),
    )


def _concatenation(header: Header) -> Concatenation | None:
    uid, number = header.text("ConcatenationUID"), header.integer("InConcatenationNumber")
    total = header.integer("InConcatenationTotalNumber")
    if uid is None and number is None and total is None:
        return None
    return Concatenation(uid, number, total)


def _identifiers(header: Header, name: str) -> list[str]:
    values = [header.text(keyword) or "" for keyword in _IDENTIFIERS]
    absent = [k for k, value in zip(_IDENTIFIERS, values, strict=True) if not value]
    if len(absent) == len(_IDENTIFIERS):
        raise UnreadableObject(f"{name}: not a DICOM image or document: it has no UIDs")
    if absent:
        raise UnreadableObject(f"{name}: the header has no {', '.join(absent)}; send it again")
    for keyword, value in zip(_IDENTIFIERS, values, strict=True):
        if len(value) > LONGEST_UID:
            raise UnreadableObject(
                f"{name}: {keyword} has {len(value)} characters, where a UID has 64 at most "
                f"(PS3.5 section 9.1) and {LONGEST_UID} are still taken; tell the sender's vendor"
            )
    return values


def _transfer_syntax(dataset: Dataset) -> str | None:
    meta = getattr(dataset, "file_meta", None)
    return None if meta is None else Header.of(meta).text("TransferSyntaxUID")


@dataclass(frozen=True, slots=True)
class _Contents:
    first_frame: Header  # the object's own header when it is not enhanced
    image_type: tuple[str, ...]
    acquisition: Acquisition
    stacks: tuple[Stack, ...] = ()
    volumes: tuple[Volume, ...] = ()
    dimension_indices: tuple[tuple[int, ...], ...] = ()
    diffusion_numbers: tuple[DiffusionNumber, ...] = ()


def _contents(header: Header, sop_class: str) -> _Contents:
    if not _is_image(header, sop_class):
        vendor = vendor_of(header)
        return _Contents(header, header.texts("ImageType"), acquisition_of(header, vendor))
    return _enhanced(header) if is_enhanced(header) else _classic(header)


def _is_image(header: Header, sop_class: str) -> bool:
    if not sop_class.startswith(_STANDARD_STORAGE) or sop_class.startswith(_NOT_IMAGES):
        return False
    return bool(header.integer("Rows") and header.integer("Columns"))


def _classic(header: Header) -> _Contents:
    vendor = vendor_of(header)
    header = vendor.completed(header)
    tiles = vendor.tiles(header)
    stack = classic_stack(header, tiles)
    frames = header.integer("NumberOfFrames") or 1
    return _Contents(
        header,
        vendor.image_type(header),
        acquisition_of(header, vendor),
        (stack,),
        (classic_volume(header, vendor, stack, tiles, frames),),
        diffusion_numbers=vendor.diffusion_numbers(header),
    )


def _enhanced(header: Header) -> _Contents:
    vendor, frames = vendor_of(header), Frames(header)
    first = vendor.completed(frames.first)
    folded = fold(header, frames, vendor)
    return _Contents(
        first,
        header.texts("ImageType"),
        acquisition_of(first, vendor),
        folded.stacks,
        folded.volumes,
        folded.dimension_indices,
    )


def _study_date(header: Header) -> str | None:
    """As YYYYMMDD: dates of ACR-NEMA have points in them (PS3.5 section 6.2, DA)."""
    return (header.text("StudyDate") or "").replace(".", "") or None


def acquired_at(header: Header) -> str | None:
    """AcquisitionDateTime, else AcquisitionDate and Time, else the frame's own time.

    YYYYMMDDHHMMSS.ffffff: sorts as text. None without both a date and a time.
    """
    for keyword in ("AcquisitionDateTime", "FrameAcquisitionDateTime"):
        stamp = _sortable(header.text(keyword) or "")
        if stamp:
            return stamp
    date = (header.text("AcquisitionDate") or "").replace(".", "")  # ACR-NEMA wrote 2010.06.14
    time = (header.text("AcquisitionTime") or "").replace(":", "")
    return _sortable(date + time)


def _sortable(written: str) -> str | None:
    stamp = re.fullmatch(r"(\d{8})(\d{2,6})(?:\.(\d{1,6}))?\d*(?:[+-]\d{4})?", written)
    if stamp is None:
        return None
    return f"{stamp[1]}{stamp[2]:0<6}.{stamp[3] or '':0<6}"
