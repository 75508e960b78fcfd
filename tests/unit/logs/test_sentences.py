"""Every event in words, in both languages, with whatever fields it has."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from ofsep_node.domain.events import EventName
from ofsep_node.domain.typography import typeset
from ofsep_node.logs import sentence

EVENTS = [*get_args(EventName), "library.warning", "something.new"]
AT = "2025-03-14T10:00:00.000000Z"

ODD: tuple[dict[str, Any], ...] = (
    {},
    {"at": "yesterday", "level": 7},
    {"missing": 3, "problems": 5, "still_missing": 4, "evidence": 2},
    {"missing": [1], "still_missing": [None], "evidence": [3]},
    {"confidence": "high", "organ": "elbow", "weighting": None},
    {"port": 104},
    {"peer": None, "address": None, "number": None, "description": None},
)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", EVENTS)
def test_any_fields_give_a_sentence(name: str, language: str) -> None:
    for fields in ODD:
        said = sentence({"event": name, **fields}, language).plain
        assert said.strip()


def test_no_event_at_all() -> None:
    assert "?" in sentence({}).plain


@pytest.mark.parametrize(
    ("line", "english", "french"),
    [
        (
            {"event": "association.opened", "peer": "MR1", "address": "10.0.0.1"},
            "association opened by MR1 (10.0.0.1)",
            "association ouverte par MR1 (10.0.0.1)",
        ),
        (
            {"event": "association.released", "peer": "MR1", "address": "a", "objects": 3},
            "association released by MR1 (a), 3 objects received",
            "association terminée par MR1 (a), 3 objets reçus",
        ),
        (
            {"event": "association.released", "peer": "MR1", "address": "a", "objects": 1},
            "association released by MR1 (a), 1 object received",
            "association terminée par MR1 (a), 1 objet reçu",
        ),
        (
            {"event": "association.released", "peer": "MR1", "address": "a", "objects": 0,
             "refused": 2},
            "association released by MR1 (a), 0 objects received",
            "association terminée par MR1 (a), 0 objets reçus",
        ),
        (
            {"event": "association.aborted", "peer": "PACS", "address": "a", "objects": 0,
             "refused": 0, "reason": "the peer aborted the association"},
            "association aborted: PACS (a), the peer aborted the association",
            "association interrompue\xa0: PACS (a), the peer aborted the association",
        ),
        (
            {"event": "study.verdict", "conclusion": "non_compliant", "images": 12, "study": "1.2",
             "missing": ["3D FLAIR"], "problems": ["P"], "met": ["3D T1", "dADC"]},
            ("verdict: NOT COMPLIANT  12 images, 1.2\n              – P"
            "\n              missing: 3D FLAIR\n              ✓ 3D T1, dADC"),
            ("verdict : NON CONFORME  12 images, 1.2\n              – P"
            "\n              manque : 3D FLAIR\n              ✓ 3D T1, dADC"),
        ),
        (
            {"event": "finding.raised", "series": "1.2", "number": 4, "message": "M", "rule": "r",
             "sentence": "S"},
            "✗ series 4: M  [r, S]",
            "✗ série 4 : M  [r, S]",
        ),
        (
            {"event": "finding.raised", "outcome": "undetermined", "message": "M", "rule": "r"},
            "? M  [r, None]",
            "? M  [r, None]",
        ),
        (
            {"event": "node.started", "ae_title": "AE", "host": "h", "port": 104},
            "node started AE h:104",
            "nœud démarré AE h:104",
        ),
    ],
)  # fmt: skip
def test_sentences(line: dict[str, Any], english: str, french: str) -> None:
    assert sentence({"at": AT, **line}, "en").plain[8:].lstrip(" ▶■●") == english
    assert sentence({"at": AT, **line}, "fr").plain[8:].lstrip(" ▶■●") == typeset(french)


def test_who_reads_chooses_the_language_of_a_node_that_speaks_another() -> None:
    line = {
        "at": AT, "event": "finding.raised", "series": "1.2", "number": 4, "rule": "r",
        "sentence": "S", "message": "too thick", "fr": {"message": "trop épais"},
    }  # fmt: skip
    assert sentence(line, "en").plain.endswith("✗ series 4: too thick  [r, S]")
    assert sentence(line, "fr").plain.endswith(typeset("✗ série 4 : trop épais  [r, S]"))


def test_a_series_is_described_with_what_is_still_missing() -> None:
    line = {
        "event": "series.recognised", "number": 4, "description": "FLAIR", "organ": "brain",
        "weighting": "flair", "dimension": "3D", "plane": "sagittal", "confidence": 0.93,
        "evidence": ["a", "b", "c", "d"], "still_missing": ["3D T1"],
    }  # fmt: skip
    said = sentence(line).plain
    assert "series 4 “FLAIR”" in said
    assert "(93%)" in said
    assert "a; b; c\n" in said
    assert "still missing: 3D T1" in said
    assert typeset("manque encore : 3D T1") in sentence(line, "fr").plain


def test_an_exception_is_shown_below() -> None:
    said = sentence({"event": "study.unjudged", "exception": "Traceback\nValueError"}).plain
    assert said.endswith("\nTraceback\nValueError")
    assert "exception=" not in said


def test_what_a_sender_wrote_gives_no_orders_to_the_terminal() -> None:
    line = {
        "event": "series.recognised", "number": 1, "description": "A\x1b[2J\nB\u202ec",
        "peer": "SLOW\x1b[31mX", "evidence": ["\x9b31m"],
    }  # fmt: skip
    said = sentence(line).plain
    assert not {"\x1b", "\x9b", "\u202e"} & set(said)
    assert "A�[2J�B�c" in said


SO_FAR = {
    "event": "association.verdict", "conclusion": "non_compliant", "images": 10, "study": "1.2",
    "missing": ["3D FLAIR"], "awaited": ["series 2: 10 of 176"], "problems": [], "worst": None,
    "met": ["3D T1"],
}  # fmt: skip


def test_while_more_may_come_what_is_missing_is_no_fault() -> None:
    said = sentence(SO_FAR).plain
    assert "so far: what has come is good, more is needed" in said
    assert "still missing: 3D FLAIR" in said
    assert "… series 2: 10 of 176" in said
    assert "✓ 3D T1" in said
    french = sentence(SO_FAR, "fr").plain
    assert typeset("à ce stade : reçu conforme, examen incomplet") in french
    assert typeset("manque encore : 3D FLAIR") in french


@pytest.mark.parametrize(
    ("worst", "english", "french"),
    [
        ("error", "so far: TO BE CORRECTED", "à ce stade : À CORRIGER"),
        ("warning", "so far: with remarks", "à ce stade : avec remarques"),
        ("undetermined", "so far: to be looked at", "à ce stade : à vérifier"),
        ("info", "so far: what has come is good", "à ce stade : reçu conforme"),
        (None, "so far: to be looked at", "à ce stade : à vérifier"),  # an older line
    ],
)
def test_what_is_wrong_so_far_is_told_by_its_gravity_and_not_by_what_is_missing(
    worst: str | None, english: str, french: str
) -> None:
    line = SO_FAR | {"problems": ["voxel"], "worst": worst}
    assert english in sentence(line).plain
    assert typeset(french) in sentence(line, "fr").plain
    assert "NOT COMPLIANT" not in sentence(line).plain
    assert sentence(line).plain.index("– voxel") < sentence(line).plain.index("still missing")


def test_when_nothing_is_missing_and_nothing_wrong_it_is_said() -> None:
    line = SO_FAR | {"missing": [], "awaited": []}
    assert "so far: all that is required is there" in sentence(line).plain
    assert typeset("à ce stade : tout ce qui est requis est là") in sentence(line, "fr").plain


def test_what_a_person_said_is_told_in_the_words_of_the_language() -> None:
    line = {
        "event": "study.corrected", "series": "1.2.3", "number": 2, "description": "T1", "by": "Léa",
        "said": {"weighting": "t2star", "organ": "cord", "plane": None},
    }  # fmt: skip
    assert "weighting t2star, organ cord, plane withdrawn, said by Léa" in sentence(line).plain
    assert sentence(line, "fr").plain.startswith(
        typeset(
            "--:--:--  ✎ série 2 « T1 » : pondération T2 EG, organe moelle, plan (retrait), dit par"
        )
    )
    line = {"event": "study.corrected", "said": {"indication": "relapse"}, "indication": "poussée"}
    assert "indication poussée" in sentence(line, "fr").plain
