"""Everything that can go wrong and that a person can mend.

Each message names the file, tag or setting concerned and says what to do. The command line
prints it as it stands, with no traceback; the network maps it to a DIMSE status.
"""


class OfsepNodeError(Exception):
    """Base of every error this package raises on purpose."""


class SettingsError(OfsepNodeError):
    """A setting is unknown, has a wrong value, or names something that cannot be used."""


class EditionError(OfsepNodeError):
    """A protocol edition or site file cannot be used as it is written."""


class UnreadableObject(OfsepNodeError):
    """A file is not DICOM, is truncated, or has a header from which no facts can be read."""


class NotDicom(UnreadableObject):
    """A file that is not DICOM at all, as there are beside the images on many disks."""


class UnreadableInput(OfsepNodeError):
    """A path given by the user does not exist, is empty, or holds no DICOM object."""


class RecordsError(OfsepNodeError):
    """The database cannot be reached, or its schema is not one this version works with."""


class NodeNameTaken(RecordsError):
    """A node may not work on the database: another one has its name, or files elsewhere."""


class ReportNotFound(OfsepNodeError):
    """No report in the outbox has this number, or it is past what is asked for."""


class NodeNotFound(OfsepNodeError):
    """No node on the database has this name, or it is one that is running."""


class StudyNotFound(OfsepNodeError):
    """No study in the records answers to the name it was asked for by."""


class VersionNotFound(OfsepNodeError):
    """A study's verdict has no version of this number."""


class SeriesNotFound(OfsepNodeError):
    """No series in the records answers to the name it was asked for by."""


class CorrectionError(OfsepNodeError):
    """What a person says of an examination is not something that can be said."""


class JudgingFailed(OfsepNodeError):
    """A study cannot be judged by a defect of this program; its verdict stands."""


class ImagingUnavailable(OfsepNodeError):
    """The libraries that measure on the pixels are not installed."""


class ImagesDropped(OfsepNodeError):
    """The images of a study were dropped from the archive, and something asks for them."""


class NotMeasurable(OfsepNodeError):
    """The pixels of a series do not give a number that is to be trusted; why, in both languages."""

    def __init__(self, en: str, fr: str) -> None:
        super().__init__(en)
        self.en = en
        self.fr = fr


class NothingToReport(OfsepNodeError):
    """A kind of report has nothing to say of a study: no series fails."""


class NodeError(OfsepNodeError):
    """The node cannot start or go on: port in use, folder not writable, node already running."""


class PeerError(OfsepNodeError):
    """A remote application entity cannot be reached, or refused what was sent to it."""
