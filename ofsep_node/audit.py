"""Folders of DICOM files judged offline, by the same reading, recognition and judge as the node."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.dicom.reading import read_facts
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.study import Conflict, Study, StudyFold
from ofsep_node.errors import NotDicom, UnreadableInput, UnreadableObject
from ofsep_node.recognition import study_fold

DICOMDIR = "DICOMDIR"
"""The directory of a medium (PS3.10 section 8): it describes images, it is none."""


def files_below(paths: Sequence[Path]) -> list[Path]:
    """Every file named, and every file in every folder named, sorted; a DICOMDIR is left out.

    Raises UnreadableInput for a path that does not exist, cannot be listed, or holds no file.
    """
    found: list[Path] = []
    for path in paths:
        below = sorted(_walk(path)) if path.is_dir() else [path]
        if not path.exists():
            raise UnreadableInput(f"{path}: no such file or folder")
        if not below:
            raise UnreadableInput(f"{path}: the folder holds no file")
        found.extend(below)
    return list(dict.fromkeys(found))


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise UnreadableInput(f"{error.filename}: cannot be listed: {error.strerror}")

    for parent, _, names in os.walk(folder, onerror=refuse):
        for name in names:
            path = Path(parent, name)
            if name != DICOMDIR and path.is_file():
                yield path


@dataclass(slots=True)
class Audit:
    """Studies folded from files one by one, and what could not be read."""

    unreadable: list[str] = field(default_factory=list)  # one message each
    not_dicom: list[Path] = field(default_factory=list)
    _folds: dict[str, StudyFold] = field(default_factory=dict)
    _homes: dict[str, Path] = field(default_factory=dict)  # first file of each study
    _paths: dict[str, Path] = field(default_factory=dict)  # first file of each SOP Instance UID
    # The files that are judged, by Series Instance UID.
    files: dict[str, list[Path]] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """Read one file into its study. What cannot be read is noted, not raised."""
        try:
            self._fold(read_facts(path), path)
        except NotDicom:
            self.not_dicom.append(path)
        except UnreadableObject as error:
            self.unreadable.append(str(error))

    def _fold(self, facts: InstanceFacts, path: Path) -> None:
        uid = facts.study_instance_uid
        fold = self._folds.setdefault(uid, study_fold(uid))
        self._homes.setdefault(uid, path)
        first = self._paths.setdefault(facts.sop_instance_uid, path)
        if first is path:
            fold.add(facts)
            self.files.setdefault(facts.series_instance_uid, []).append(path)
        elif not _same_object(first, path) and not read_facts(first).is_re_encoded_as(facts):
            fold.add_conflict(Conflict(facts.sop_instance_uid, facts.series_instance_uid))

    def studies(self) -> tuple[Study, ...]:
        """The studies found, in the order of their UIDs.

        What could not be read is held against the study when there is only one it can be of.
        """
        unreadable = len(self.unreadable) if len(self._folds) == 1 else 0
        return tuple(
            replace(self._folds[uid].study(unreadable), dicomdir=_has_dicomdir(self._homes[uid]))
            for uid in sorted(self._folds)
        )


def _has_dicomdir(path: Path) -> bool:
    """Whether a file lies in an export with a DICOMDIR: at its root, 8 levels up at most."""
    return any((folder / DICOMDIR).is_file() for folder in [*path.absolute().parents][:8])


def _same_object(first: Path, second: Path) -> bool:
    if filecmp.cmp(first, second, shallow=False):
        return True
    try:
        return _data_set(first) == _data_set(second)
    except UnreadableObject:  # a data set without a head, which cannot be told from its meta
        return False


def _data_set(path: Path) -> bytes:
    """The data set without its file meta, which may differ from copy to copy."""
    with path.open("rb") as file:
        file.seek(data_set_offset(file))
        return file.read()
