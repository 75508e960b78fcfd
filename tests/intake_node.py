"""An intake on a folder of its own, with a clock that tests hold, and small objects to feed it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from sqlalchemy import func, select

from ofsep_node import spool
from ofsep_node.domain.events import Event
from ofsep_node.intake import Intake, IntakeSettings
from ofsep_node.protocol import Edition, load_edition
from ofsep_node.pulse import Beat
from ofsep_node.records import Records, events
from ofsep_node.records.migration import upgrade
from ofsep_node.records.schema import ArrivalRow, InstanceRow
from tests.found import below

MR_IMAGE_STORAGE = UID("1.2.840.10008.5.1.4.1.1.4")
NODE = "test-node"
START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def uid_of(kind: str, number: int) -> str:
    """The same UID for the same words."""
    return str(generate_uid(entropy_srcs=[kind, str(number)]))


def t1_slice(number: int, *, series: int = 1, study: int = 1, **changes: Any) -> bytes:
    """One image of a sagittal 3D T1 as a DICOM file; a change of None removes the attribute."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    _identify(image, number, series, study)
    _acquire(image, number)
    for keyword, value in changes.items():
        _change(image, keyword, value)
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    content = io.BytesIO()
    image.save_as(content, enforce_file_format=True)
    return content.getvalue()


def _identify(image: Dataset, number: int, series: int, study: int) -> None:
    image.SOPClassUID = MR_IMAGE_STORAGE
    image.SOPInstanceUID = uid_of(f"instance {study} {series}", number)
    image.StudyInstanceUID = uid_of("study", study)
    image.SeriesInstanceUID = uid_of(f"series {study}", series)
    image.PatientID = f"TEST-{study}"
    image.PatientName = "Secret^Name"
    image.StudyDate = "20261123"
    image.StudyDescription = "BRAIN"
    image.Modality = "MR"
    image.SeriesNumber = series
    image.SeriesDescription = "3D T1 SAG"
    image.InstanceNumber = number


def _acquire(image: Dataset, number: int) -> None:
    image.Manufacturer = "SIEMENS"
    image.MagneticFieldStrength = 3
    image.ImageType = ["ORIGINAL", "PRIMARY", "M", "NORM"]
    image.BodyPartExamined = "BRAIN"
    image.ScanningSequence = ["GR", "IR"]
    image.MRAcquisitionType = "3D"
    image.SequenceName = "*tfl3d1_16ns"
    image.EchoTime, image.RepetitionTime, image.InversionTime = 2.98, 2300, 900
    image.SliceThickness = 1
    image.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    image.ImagePositionPatient = [number, -128, 128]
    image.PixelSpacing = [1, 1]
    image.Rows = image.Columns = 16
    image.AcquisitionMatrix = [16, 0, 0, 16]
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
    image.PixelRepresentation = 0
    image.PixelData = bytes(2 * 16 * 16)


def _change(image: Dataset, keyword: str, value: object) -> None:
    if value is None:
        delattr(image, keyword)
    else:
        setattr(image, keyword, value)


@dataclass
class Sending:
    """One association that is open: `store` objects, then `release` it."""

    folder: spool.AssociationFolder
    association_id: str

    def store(self, *objects: bytes) -> None:
        """Put complete objects into the spool, as the receiver does."""
        for content in objects:
            incoming = self.folder.begin_object()
            incoming.write(content)
            self.folder.store(incoming)

    def release(self, reason: str = "") -> None:
        """End the association."""
        self.folder.close(
            spool.AssociationClosed(
                outcome="released",
                closed_at=spool.timestamp(),
                objects=self.folder.objects,
                reason=reason,
            )
        )


@dataclass
class IntakeNode:
    """Spool, archive, quarantine and records below one folder, and an intake that works on them."""

    data: Path
    url: str
    edition: Edition = field(default_factory=lambda: load_edition("ofsep-2020"))
    now: datetime = START
    quiet_period_s: float = 60.0
    settings: dict[str, Any] = field(default_factory=dict)
    name: str = NODE
    identity: str = ""
    shared_archive: Path | None = None
    beat: Beat = lambda: None
    hold_archive: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        upgrade(self.url)
        self.records = Records(self.url)
        self.intake = self.started()

    @property
    def spool(self) -> Path:
        return self.data / "spool"

    @property
    def archive(self) -> Path:
        return self.shared_archive or self.data / "archive"

    @property
    def quarantine(self) -> Path:
        return self.data / "quarantine"

    def started(self) -> Intake:
        """A new intake, which knows nothing but what is on the disk and in the records."""
        settings = IntakeSettings(
            spool=self.spool,
            archive=self.archive,
            quarantine=self.quarantine,
            node=self.name,
            identity=self.identity or self.name,
            quiet_period_s=self.quiet_period_s,
            **self.settings,
        )
        return Intake(
            settings,
            self.records,
            self.edition,
            clock=lambda: self.now,
            beat=self.beat,
            hold_archive=self.hold_archive,
        )

    def restart(self) -> None:
        """Forget everything that is only in memory."""
        self.intake = self.started()

    def open(self, peer: str = "SIEMENS_MR") -> Sending:
        """Accept an association."""
        opened = spool.AssociationOpened(
            association_id=spool.new_association_id(),
            node=self.name,
            calling_ae_title=peer,
            called_ae_title="OFSEP_NODE",
            address="192.0.2.7",
            port=50_001,
            implementation_class_uid="1.3.12.2.1107.5.9",
            implementation_version_name="SIEMENS_SWFVB",
            opened_at=spool.timestamp(),
        )
        return Sending(spool.AssociationFolder.open(self.spool, opened), opened.association_id)

    def send(self, *objects: bytes, peer: str = "SIEMENS_MR") -> str:
        """One whole association, recorded by the intake; returns its id."""
        sending = self.spooled(objects, peer)
        self.intake.drain()
        return sending

    def spooled(self, objects: Iterable[bytes], peer: str = "SIEMENS_MR") -> str:
        """One whole association, left in the spool; returns its id."""
        sending = self.open(peer)
        sending.store(*objects)
        sending.release()
        return sending.association_id

    def wait(self, seconds: float) -> None:
        """Let time pass, and let the intake record what came and settle what is due."""
        self.now += timedelta(seconds=seconds)
        self.intake.drain()
        self.intake.settle()

    def events(self, *names: str) -> list[Event]:
        """What has happened so far, or the events of these names."""
        with self.records.reading() as session:
            found = [event for _, _, event in events.after(session, self.name, 0, 100_000)]
        return [e for e in found if not names or e.name in names]

    def archived(self) -> list[str]:
        """Every object in the archive, by its name relative to it, and what else is not hidden."""
        found = (p for p in below(self.archive) if p.name[0] != "." and p.is_file())
        return sorted(str(p.relative_to(self.archive)) for p in found)

    def recorded(self) -> list[InstanceRow]:
        """Every object in the records, in the order they were recorded."""
        with self.records.reading() as session:
            rows = session.scalars(select(InstanceRow).order_by(InstanceRow.instance_id)).all()
            session.expunge_all()
        return list(rows)

    def outcomes(self) -> dict[str, int]:
        """How many arrivals came to which outcome."""
        with self.records.reading() as session:
            counted = select(ArrivalRow.outcome, func.count()).group_by(ArrivalRow.outcome)
            return {str(row[0]): row[1] for row in session.execute(counted)}

    def waiting(self) -> list[str]:
        """What is left in the spool."""
        return sorted(str(p.relative_to(self.spool)) for p in below(self.spool))

    def assert_holds(self, objects: Sequence[bytes]) -> None:
        """Each of these objects is in archive and records once, and nothing else is."""
        rows = self.recorded()
        assert len({row.sop_instance_uid for row in rows}) == len(rows) == len(objects)
        assert self.archived() == sorted(row.archived_as for row in rows)
        contents = {(self.archive / row.archived_as).read_bytes() for row in rows}
        assert contents == set(objects)
        assert self.waiting() == []
