"""Where objects are kept: `archive/<study>/<series>/<sop>.dcm`, and the quarantine beside it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from pathlib import Path

from ofsep_node.dicom.part10 import data_set_digest
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.errors import UnreadableObject
from ofsep_node.intake.durable import DurableFolder

_UID = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_UID_LENGTH = 64
_DIGEST_LENGTH_IN_NAMES = 16


def file_name_of(uid: str) -> str:
    """A UID as a file name; one that is not a UID (PS3.5 section 9.1) is replaced by its hash."""
    if len(uid) <= _UID_LENGTH and _UID.fullmatch(uid):
        return uid
    return "sha256-" + hashlib.sha256(uid.encode("utf-8", "surrogatepass")).hexdigest()


def _names(facts: InstanceFacts, digest: str) -> list[str]:
    """The names that an object may have, relative to the archive, in the order they are tried."""
    folder = f"{file_name_of(facts.study_instance_uid)}/{file_name_of(facts.series_instance_uid)}"
    stem = f"{folder}/{file_name_of(facts.sop_instance_uid)}"
    return [f"{stem}.dcm", f"{stem}-{digest[:_DIGEST_LENGTH_IN_NAMES]}.dcm", f"{stem}-{digest}.dcm"]


class Archive(DurableFolder):
    """The folder of all objects that could be read. No file in it is ever overwritten."""

    def place(
        self, source: Path, facts: InstanceFacts, digest: str, taken: Collection[str] = ()
    ) -> str:
        """Name a spooled object in the archive; returns the name, relative to the archive.

        Another object under the same UIDs keeps its name, and this one gets part of its digest
        into its own; `taken` are names of other objects, also of those that were dropped. A name
        left by a crash is found again. Raises OSError.
        """
        for name in _names(facts, digest):
            if name in taken:
                continue
            target = self.path / name
            if self.put(source, target) or self._holds(target, source, digest):
                return name
        raise FileExistsError(f"{target} holds another object than its name says")

    def withdraw(
        self, source: Path, facts: InstanceFacts, digest: str, recorded: Collection[str]
    ) -> None:
        """Take back the name that `place` gave to an object which could not be recorded.

        `recorded` are the names of the objects of its SOP Instance UID that are here. Raises OSError.
        """
        for name in _names(facts, digest):
            target = self.path / name
            if name not in recorded and target.exists() and self._holds(target, source, digest):
                self.remove(name)

    def restore(self, source: Path, archived_as: str) -> None:
        """Put back the file of a recorded object, if it is gone. Raises OSError."""
        target = self.path / archived_as
        if not target.exists():
            self.put(source, target)

    def remove(self, archived_as: str) -> None:
        """Remove the file of an object that another takes the place of. Raises OSError."""
        (self.path / archived_as).unlink(missing_ok=True)

    def _holds(self, target: Path, source: Path, digest: str) -> bool:
        if target.samefile(source):
            return True
        try:
            return data_set_digest(target, self.beat) == digest
        except UnreadableObject:
            return False


class Quarantine(DurableFolder):
    """The folder of objects that could not be read, each with a text that says why."""

    def place(self, source: Path, association_id: str, reason: str) -> str:
        """Name a spooled object in the quarantine; returns the name, relative to it."""
        target = self.path / association_id / source.name
        self.put(source, target)
        self.write(target.with_suffix(".txt"), reason + "\n")
        return str(target.relative_to(self.path))
