"""The structured report: the verdict as a content tree that programs can read back.

A Comprehensive SR (PS3.3 A.35.3) under a title of our own; docs/explanation/the-report.md tells
what is where.
"""

from __future__ import annotations

from collections.abc import Iterator

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.sr import (
    CodedConcept,
    ContainerContentItem,
    ContentItem,
    ContentSequence,
    LanguageOfContentItemAndDescendants,
)
from pydicom.dataset import Dataset

from ofsep_node.domain.verdict import RequirementStatus, Verdict
from ofsep_node.reporting import coding, composite
from ofsep_node.reporting.context import (
    DocumentReference,
    Report,
    ReportContext,
)
from ofsep_node.reporting.evidence import add_content, library, observer
from ofsep_node.reporting.phrases import correction_line
from ofsep_node.reporting.structured_findings import finding
from ofsep_node.reporting.structured_series import series
from ofsep_node.reporting.tree import Tree

_LANGUAGES = {"en": "English", "fr": "French"}


def structured_report(verdict: Verdict, context: ReportContext) -> Report:
    """The report as a Comprehensive SR, partial as long as images may still come."""
    dataset = composite.composite("sr", verdict, context)
    dataset.CompletionFlag = "PARTIAL" if verdict.state == "receiving" else "COMPLETE"
    dataset.PreliminaryFlag = "PRELIMINARY" if verdict.state == "receiving" else "FINAL"
    dataset.VerificationFlag = "UNVERIFIED"
    dataset.PerformedProcedureCodeSequence = []
    dataset.CodingSchemeIdentificationSequence = [_scheme()]
    add_content(dataset, _root(verdict, context), context.series)
    if context.predecessor is not None:
        dataset.PredecessorDocumentsSequence = [
            _predecessor(verdict.study.study_instance_uid, context.predecessor)
        ]
    return composite.as_report("sr", dataset)


def _scheme() -> Dataset:
    """Whose codes those of our own are (PS3.3 C.12.1)."""
    return CodingSchemeIdentificationItem(
        designator=coding.SCHEME,
        name=coding.SCHEME_NAME,
        version=coding.SCHEME_VERSION,
        responsible_organization=composite.SOFTWARE,
    )


def _root(verdict: Verdict, context: ReportContext) -> Dataset:
    tree = Tree(context.language)
    root = ContainerContentItem(tree.coded(coding.TITLE))
    language = CodedConcept(context.language, "RFC5646", _LANGUAGES[context.language])
    root.ContentSequence = ContentSequence(
        [
            *LanguageOfContentItemAndDescendants(language),
            *observer(),
            *_summary(tree, verdict, context),
            tree.container(coding.PROTOCOL, _protocol(tree, verdict)),
            *_listed(tree, verdict, context),
        ]
    )
    return root


def _summary(tree: Tree, verdict: Verdict, context: ReportContext) -> Iterator[ContentItem]:
    study = verdict.study
    yield tree.code(coding.VERDICT, verdict.verdict)
    yield tree.code(coding.STATE, verdict.state)
    yield tree.number(coding.VERSION, verdict.version, None)
    yield tree.uid(coding.STUDY_INSTANCE_UID, study.study_instance_uid)
    yield from (tree.code(coding.PART, part) for part in study.parts)
    yield tree.text(coding.PROGRAMME, study.programme)
    yield tree.text(coding.INDICATION, study.indication)
    if study.indication_label is not None:
        yield tree.text(coding.LABEL, study.indication_label.in_language(context.language))
    yield tree.code(coding.INDICATION_SOURCE, study.indication_source)
    if verdict.cause is not None:
        yield tree.code(coding.CAUSE, verdict.cause.kind)
        yield tree.text(coding.BY, verdict.cause.by)
        if verdict.cause.reason:
            yield tree.text(coding.REASON, verdict.cause.reason)


def _protocol(tree: Tree, verdict: Verdict) -> Iterator[ContentItem]:
    protocol = verdict.protocol
    yield tree.text(coding.IDENTIFIER, protocol.name)
    yield tree.text(coding.EDITION, protocol.edition)
    yield tree.text(coding.DIGEST, protocol.digest)
    if protocol.site:
        yield tree.text(coding.SITE, protocol.site)
    if verdict.software:
        yield tree.text(coding.SOFTWARE, verdict.software)


def _listed(tree: Tree, verdict: Verdict, context: ReportContext) -> Iterator[ContentItem]:
    """A list for each part of the verdict that is not empty; the images of failing series last."""
    said = (tree.text(coding.CORRECTION, line) for line in _corrections(verdict, context))
    lists = (
        (coding.REQUIREMENTS, (_requirement(tree, r) for r in verdict.requirements)),
        (coding.FINDINGS, (finding(tree, f, context.series) for f in verdict.findings)),
        (coding.SERIES_LIST, (series(tree, s, context.series) for s in verdict.series)),
        (coding.CORRECTIONS, said),
        (coding.IMAGE_LIBRARY, library(tree, verdict, context.series)),
    )
    for name, items in lists:
        found = tuple(items)
        if found:
            yield tree.container(name, found)


def _requirement(tree: Tree, requirement: RequirementStatus) -> ContentItem:
    return tree.container(coding.REQUIREMENT, _of_requirement(tree, requirement))


def _of_requirement(tree: Tree, requirement: RequirementStatus) -> Iterator[ContentItem]:
    yield tree.text(coding.LABEL, requirement.label.in_language(tree.language))
    yield tree.code(coding.STATUS, requirement.status)
    yield tree.code(coding.LEVEL, requirement.level)
    yield tree.code(coding.PART, requirement.part)
    yield tree.text(coding.IDENTIFIER, requirement.id)
    for uid in requirement.series:
        yield tree.uid(coding.SERIES_INSTANCE_UID, uid)
    if requirement.nearest is not None:
        yield tree.uid(coding.NEAREST, requirement.nearest)
    if requirement.reason is not None:
        yield tree.text(coding.REASON, requirement.reason.in_language(tree.language))


def _corrections(verdict: Verdict, context: ReportContext) -> Iterator[str]:
    language, zone = context.language, context.judged_at.tzinfo
    return (correction_line(verdict, c, language, zone) for c in verdict.corrections)


def _predecessor(study_instance_uid: str, document: DocumentReference) -> Dataset:
    """An item of the Predecessor Documents Sequence (PS3.3 C.17.2.3)."""
    sop, series_item, study = Dataset(), Dataset(), Dataset()
    sop.ReferencedSOPClassUID = document.sop_class_uid
    sop.ReferencedSOPInstanceUID = document.sop_instance_uid
    series_item.SeriesInstanceUID = document.series_instance_uid
    series_item.ReferencedSOPSequence = [sop]
    study.StudyInstanceUID = study_instance_uid
    study.ReferencedSeriesSequence = [series_item]
    return study
