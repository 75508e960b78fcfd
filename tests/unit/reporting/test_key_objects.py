"""The key objects are the images of failing series, and no others."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from highdicom.ko import KeyObjectSelectionDocument
from pydicom import dcmread
from pydicom.sr.codedict import codes

from ofsep_node.domain.typography import typeset
from ofsep_node.errors import NothingToReport
from ofsep_node.reporting.making import report
from tests.unit.reporting.made import FLAIR, T1, TOO_THICK, context, verdict


def document(**changes: object) -> KeyObjectSelectionDocument:
    content = report("ko", verdict(**changes), context()).content
    return KeyObjectSelectionDocument.from_dataset(dcmread(io.BytesIO(content)))


def listed(selection: KeyObjectSelectionDocument) -> list[str]:
    return [
        str(item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
        for item in selection.content[0].ContentSequence
        if item.ValueType in ("IMAGE", "COMPOSITE")
    ]


def test_the_images_of_the_failing_series_are_listed() -> None:
    selection = document()
    assert selection.content[0].name == codes.DCM.QualityIssue
    assert listed(selection) == [f"{FLAIR}.{n}" for n in (1, 2, 3, 4)]
    assert selection.resolve_reference(f"{FLAIR}.1") == ("1.2.3", FLAIR, f"{FLAIR}.1")


def test_it_says_what_is_wrong() -> None:
    texts = [i for i in document().content[0].ContentSequence if i.ValueType == "TEXT"]
    description = next(t for t in texts if t.name.value == "113012").value
    assert typeset("5 « 3D FLAIR SAG » : Voxel de 1 x 1 x 1,5 mm") in description


def test_several_series_may_fail() -> None:
    also = replace(TOO_THICK, series=T1)
    assert listed(document(findings=(TOO_THICK, also))) == [
        f"{series}.{n}" for series in (T1, FLAIR) for n in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize(
    "finding",
    [
        replace(TOO_THICK, severity="warning"),
        replace(TOO_THICK, outcome="undetermined"),
        replace(TOO_THICK, outcome="pass"),
        replace(TOO_THICK, series=None, scope="study"),
    ],
    ids=["a remark", "undetermined", "passed", "of the study"],
)
def test_what_does_not_fail_is_not_listed(finding: object) -> None:
    with pytest.raises(NothingToReport, match="no series fails"):
        document(findings=(finding,))
