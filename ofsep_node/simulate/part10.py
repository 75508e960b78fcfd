"""Data sets as files: Part 10 (PS3.10 7.1), and the File-set of a medium with its DICOMDIR."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from pydicom.dataset import FileDataset
from pydicom.fileset import FileInstance, FileSet
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID


def encoded(dataset: FileDataset) -> bytes:
    """The bytes of a Part 10 file; the data set brings its own file meta information."""
    file = io.BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True)
    return file.getvalue()


def gathered(files: Iterable[Path], destination: Path, uid: str) -> dict[Path, str]:
    """Copy files into a File-set with its DICOMDIR; where each came to lie, under `destination`.

    An object that is there twice is stored once.
    """
    medium = FileSet()
    medium.UID, medium.ID = UID(uid), "OFSEP"
    objects = {path: str(medium.add(path).SOPInstanceUID) for path in files}
    medium.write(destination)
    lies = {str(i.SOPInstanceUID): _file_id(i) for i in FileSet(destination / "DICOMDIR")}
    return {path: lies[sop_instance_uid] for path, sop_instance_uid in objects.items()}


def _file_id(instance: FileInstance) -> str:
    """ReferencedFileID (PS3.3 F.3.2.2), its components joined."""
    return "/".join(Path(instance.FileID).parts)
