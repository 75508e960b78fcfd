"""What a report is made of beside the verdict, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ofsep_node import __version__
from ofsep_node.domain.labels import Language
from ofsep_node.domain.routing import DicomKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

Kind = Literal[DicomKind, "json", "html"]
"""Objects of DICOM, and two documents that are none."""


@dataclass(frozen=True, slots=True)
class ImageReference:
    """One object of the study; `is_image` is false of what has no pixels."""

    sop_class_uid: str
    sop_instance_uid: str
    is_image: bool = True


@dataclass(frozen=True, slots=True)
class ReportedSeries:
    """The objects of a series, the one in the middle of its volume, and what that one shows.

    `is_dropped` says that it shows nothing because it was dropped from the archive.
    """

    objects: tuple[ImageReference, ...]
    middle: ImageReference
    picture: NDArray[np.uint8] | None = None  # rows x columns, as bright as it is to be shown
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """A document that was made before, in the study of the verdict."""

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str


@dataclass(frozen=True, slots=True)
class ReportContext:
    """Everything a report says that the verdict does not.

    `judged_at` is when the verdict was given, aware of its zone: no other clock is read. `header`
    is that of one image: patient, study and character set are taken from it. `series` holds the
    objects of each series by its UID; of a series that is not in it, no image is referenced.
    `predecessor` is the structured report that this one replaces.
    """

    judged_at: datetime
    header: Dataset
    series: Mapping[str, ReportedSeries] = field(default_factory=dict)
    language: Language = "en"
    software: str = __version__
    predecessor: DocumentReference | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report as a file: DICOM kinds as PS3.10 files, and with their UIDs."""

    kind: Kind
    content: bytes
    media_type: str
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None
    series_instance_uid: str | None = None
