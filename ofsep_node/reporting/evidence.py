"""What documents refer to: the images, and the evidence that names where each of them is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from highdicom.sr import (
    ContentItem,
    DeviceObserverIdentifyingAttributes,
    ObserverContext,
)
from highdicom.sr.utils import collect_evidence
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from ofsep_node.dicom.part10 import IMPLEMENTATION_CLASS_UID
from ofsep_node.domain.verdict import Verdict
from ofsep_node.reporting import coding
from ofsep_node.reporting.composite import SOFTWARE
from ofsep_node.reporting.context import ImageReference, ReportedSeries
from ofsep_node.reporting.tree import Tree

Reported = Mapping[str, ReportedSeries]
"""The objects of each series, by its UID."""


def observer() -> ObserverContext:
    """Who says all this: a program (PS3.16 TID 1002, 1004), the same on every node."""
    return ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=IMPLEMENTATION_CLASS_UID,
            name=SOFTWARE,
            manufacturer_name=SOFTWARE,
            model_name=SOFTWARE,
        ),
    )


def add_content(dataset: Dataset, root: Dataset, reported: Reported) -> None:
    """Put a content tree into a document, with the evidence that it refers to and no other."""
    for element in root:
        dataset[element.tag] = element
    dataset.ReferencedPerformedProcedureStepSequence = []
    evidence = list(_evidence(dataset.StudyInstanceUID, root, reported))
    current, _ = collect_evidence(evidence, root, dataset.StudyInstanceUID)
    if current:
        dataset.CurrentRequestedProcedureEvidenceSequence = current


def failing_series(verdict: Verdict) -> tuple[str, ...]:
    """The series that break a rule without which the protocol is not met."""
    failed = {f.series for f in verdict.findings if f.outcome == "fail" and f.severity == "error"}
    return tuple(s.series_instance_uid for s in verdict.series if s.series_instance_uid in failed)


def failing_objects(verdict: Verdict, reported: Reported) -> dict[str, tuple[ImageReference, ...]]:
    """Every object of the failing series, by series."""
    return {uid: reported[uid].objects for uid in failing_series(verdict) if uid in reported}


def library(tree: Tree, verdict: Verdict, reported: Reported) -> Iterator[ContentItem]:
    """All images of failing series (PS3.16 TID 1600), a group for each."""
    for uid, objects in failing_objects(verdict, reported).items():
        items = [
            tree.uid(coding.SERIES_INSTANCE_UID, uid),
            *(tree.reference(coding.SOURCE, to) for to in objects),
        ]
        yield tree.container(coding.IMAGE_LIBRARY_GROUP, items)


def _evidence(study_instance_uid: str, root: Dataset, reported: Reported) -> Iterator[Dataset]:
    """What the tree refers to, with the UIDs of study and series, as highdicom collects it."""
    wanted = {e.value for e in root.iterall() if e.keyword == "ReferencedSOPInstanceUID"}
    for series_instance_uid, one in reported.items():
        for to in one.objects:
            if to.sop_instance_uid in wanted:
                evidence = Dataset()
                evidence.StudyInstanceUID = study_instance_uid
                evidence.SeriesInstanceUID = series_instance_uid
                evidence.SOPClassUID = to.sop_class_uid
                evidence.SOPInstanceUID = to.sop_instance_uid
                yield evidence
