"""The images of failing series, marked so that any viewer shows them."""

from __future__ import annotations

from highdicom.ko import KeyObjectSelection
from pydicom.dataset import Dataset

from ofsep_node.domain.verdict import Verdict
from ofsep_node.errors import NothingToReport
from ofsep_node.reporting import coding
from ofsep_node.reporting.composite import as_report, composite
from ofsep_node.reporting.context import ImageReference, Report, ReportContext
from ofsep_node.reporting.evidence import add_content, failing_objects, failing_series, observer
from ofsep_node.reporting.tree import Tree
from ofsep_node.reporting.words import colon


def key_objects(verdict: Verdict, context: ReportContext) -> Report:
    """A Key Object Selection with the title Quality Issue (PS3.16 TID 2010).

    Raises NothingToReport when no series fails: the document must list an object.
    """
    failing = failing_objects(verdict, context.series)
    objects = [to for series in failing.values() for to in series]
    if not objects:
        raise NothingToReport("no series fails: a list of key objects would be empty")
    listed = "\n".join(f"{to.sop_class_uid} {to.sop_instance_uid}" for to in objects)
    dataset = composite("ko", verdict, context, listed.encode())
    selection = KeyObjectSelection(
        document_title=Tree(context.language).coded(coding.QUALITY_ISSUE),
        referenced_objects=[_as_dataset(to) for to in objects],
        observer_device_context=observer(),
        description=_description(verdict, context.language),
    )
    add_content(dataset, selection[0], context.series)
    return as_report("ko", dataset)


def _as_dataset(to: ImageReference) -> Dataset:
    """An object as highdicom wants it: what has rows and columns is an image."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = to.sop_class_uid, to.sop_instance_uid
    if to.is_image:
        dataset.Rows = dataset.Columns = 1
    return dataset


def _description(verdict: Verdict, language: str) -> str:
    """What is wrong with each series, a line for each finding."""
    failing = failing_series(verdict)
    lines = []
    for finding in verdict.troubles:
        series = verdict.series_called(finding.series)
        if series and finding.outcome == "fail" and finding.series in failing:
            lines.append(
                f"{series.named(language)}{colon(language)}{finding.message.in_language(language)}"
            )
    return "\r\n".join(lines)
