"""What people say of a study is kept, judged by, and never lost beside a running intake."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy
import structlog

from ofsep_node.domain.study import ImagingMeasurement
from ofsep_node.domain.verdict import Verdict
from ofsep_node.errors import CorrectionError, JudgingFailed, StudyNotFound
from ofsep_node.intake.judging import Judging
from ofsep_node.intake.review import Person, Review, Reviewing
from ofsep_node.protocol import load_edition
from ofsep_node.records import Records, queries
from ofsep_node.records.corrections import correction_history, corrections_of
from ofsep_node.records.documents import from_json
from ofsep_node.records.measurements import measurements_of
from ofsep_node.records.schema import StudyRow
from ofsep_node.records.series import SeriesEntry, find_series
from tests.intake_node import IntakeNode, t1_slice, uid_of
from tests.intake_process import start_intake

STUDY = uid_of("study", 1)
MARIE = Person("Marie", "it is a T2")


def reviewing(records: Records, site: Path | None = None) -> Reviewing:
    judging = Judging(load_edition("ofsep-2020", site), "en", timedelta(seconds=60))
    return Reviewing(records, judging, "elsewhere")


def series(node: IntakeNode, number: int = 1) -> SeriesEntry:
    with node.records.reading() as session:
        return find_series(session, f"{STUDY}/{number}")


def versions(records: Records, study: str = STUDY) -> Sequence[Verdict]:
    with records.reading() as session:
        return [from_json(v.document) for v in queries.verdict_history(session, study)]


def frozen(node: IntakeNode) -> list[bool]:
    with node.records.reading() as session:
        return [v.frozen for v in queries.verdict_history(session, STUDY)]


def pin(node: IntakeNode, person: Person = MARIE, **said: str | None) -> Review:
    return reviewing(node.records).pin(series(node), said, person)


def test_a_pin_makes_a_version_of_its_own_and_keeps_the_one_before(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    review = pin(node, weighting="t2")

    before, after = versions(node.records)
    assert frozen(node) == [True, True]
    assert (review.before, review.after) == (before, after)
    assert (before.series[0].identity.weighting, before.cause) == ("t1", None)
    assert after.series[0].identity.weighting == "t2"
    assert after.cause is not None
    assert (after.cause.kind, after.cause.by, after.cause.reason) == ("pin", "Marie", "it is a T2")
    (correction,) = after.corrections
    assert (correction.said, correction.recognised) == ({"weighting": "t2"}, {"weighting": "t1"})


def test_what_was_said_is_dated_by_the_databases_clock(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.send(t1_slice(1))
    at = datetime(2031, 1, 1, tzinfo=UTC)
    monkeypatch.setattr("ofsep_node.records.database.now", lambda _session: at)
    pin(node, weighting="t2")

    with node.records.reading() as session:
        (said,) = correction_history(session, STUDY)
        assert [said.at, queries.verdict_history(session, STUDY)[-1].judged_at] == [at, at]


def test_the_live_intake_judges_by_what_was_said(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    pin(node, weighting="t2")
    reviewing(node.records).indicate(STUDY, "relapse", Person("Paul"))
    node.send(t1_slice(2))
    node.restart()
    node.wait(61)

    newest = versions(node.records)[-1]
    assert newest.state == "settled"
    assert newest.series[0].instances == 2
    assert newest.series[0].identity.weighting == "t2"
    assert (newest.study.indication, newest.study.indication_source) == ("relapse", "operator")
    assert newest.cause is None
    assert [v.version for v in versions(node.records)] == [1, 2, 3, 4]


def test_a_later_pin_replaces_an_earlier_one_and_an_empty_one_withdraws(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    pin(node, weighting="t2", organ="cord")
    pin(node, Person("Paul", "no"), weighting="flair")
    pin(node, Person("Paul", "no"), organ=None)

    with node.records.reading() as session:
        standing = corrections_of(session, STUDY)
        said = correction_history(session, STUDY)
    assert [(p.attribute, p.value, p.by) for p in standing.pins] == [("weighting", "flair", "Paul")]
    assert [(e.attribute, e.value) for e in said] == [
        ("weighting", "t2"),
        ("organ", "cord"),
        ("weighting", "flair"),
        ("organ", None),
    ]
    assert versions(node.records)[-1].series[0].identity.organ == "brain"


def test_an_indication_decides_the_programme_and_unknown_withdraws_it(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    reviews = reviewing(node.records)
    said = reviews.indicate(STUDY, "pml-follow-up", Person("Paul", "request")).after
    assert (said.study.programme, said.study.indication) == ("reduced", "pml-follow-up")
    assert said.study.indication_label is not None
    withdrawn = reviews.indicate(STUDY, "unknown", Person("Paul")).after

    assert (withdrawn.study.programme, withdrawn.study.indication) == ("standard", "unknown")
    assert withdrawn.version == 3


def test_taking_back_what_nobody_said_changes_nothing(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    told = len(node.events())

    assert not pin(node, organ=None).changed
    assert not reviewing(node.records).indicate(STUDY, "unknown", Person("Paul")).changed
    assert frozen(node) == [False]
    assert len(node.events()) == told


def test_a_settled_study_is_corrected_as_such(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    node.wait(61)
    pin(node, weighting="t2")

    assert [v.state for v in versions(node.records)] == ["settled", "settled"]
    with node.records.reading() as session:
        assert queries.study(session, STUDY).state == "settled"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"colour": "red"}, "'colour' is not one of organ, weighting"),
        ({"organ": "knee"}, "organ=knee: organ is one of brain, cord, other, unknown"),
    ],
)
def test_what_cannot_be_said_is_refused_with_what_can(
    node: IntakeNode, said: dict[str, str], message: str
) -> None:
    node.send(t1_slice(1))
    with pytest.raises(CorrectionError, match=message):
        reviewing(node.records).pin(series(node), said, MARIE)
    with pytest.raises(CorrectionError, match=r"not one of first-diagnosis, .*, unknown"):
        reviewing(node.records).indicate(STUDY, "curiosity", MARIE)
    with pytest.raises(StudyNotFound):
        reviewing(node.records).rejudge("1.2.3", MARIE)
    assert frozen(node) == [False]


def test_corrections_are_events_of_the_node_that_has_the_study(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    with structlog.testing.capture_logs() as lines:
        pin(node, weighting="t2")
        node.wait(1)

    corrected = node.events("study.corrected")[0]
    assert corrected.details["said"] == {"weighting": "t2"}
    assert corrected.details["by"] == "Marie"
    assert corrected.series == series(node).series_instance_uid
    rejudged = node.events("study.rejudged")[0]
    assert (rejudged.details["cause"], rejudged.details["version"]) == ("pin", 2)
    assert rejudged.details["before"] == "non_compliant"
    assert "Secret" not in json.dumps([dict(e.details) for e in node.events()])
    assert {"study.corrected", "study.rejudged"} <= {line["event"] for line in lines}


SITE = """
site: Example
rules:
  field-strength:
    reason: our scanner
    severity: warning
indications:
  - {text: brain, indication: follow-up, reason: our requests say so}
"""


def test_judging_again_by_a_changed_site_file_changes_what_it_must(
    node: IntakeNode, tmp_path: Path
) -> None:
    node.send(t1_slice(1))
    node.wait(61)
    site = tmp_path / "site.yaml"
    site.write_text(SITE)
    same = reviewing(node.records).rejudge(STUDY, Person("Paul"))
    changed = reviewing(node.records, site).rejudge(STUDY, Person("Paul", "a site file"))
    again = reviewing(node.records, site).rejudge(STUDY, Person("Paul"))

    assert (same.changed, changed.changed, again.changed) == (False, True, False)
    assert [v.version for v in versions(node.records)] == [1, 2]
    assert changed.after.protocol.site == "Example"
    assert changed.after.study.indication_source == "site"
    assert changed.after.cause is not None
    assert changed.after.cause.kind == "rejudge"


def test_measurements_are_kept_and_judged_by(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    uid = series(node).series_instance_uid
    reviews = reviewing(node.records)
    for value in (20.0, 31.5):
        found = [ImagingMeasurement(uid, "signal-to-noise", value, "1", "a method")]
        reviews.measured(STUDY, found, Person("imaging"))

    with node.records.reading() as session:
        assert measurements_of(session, STUDY) == tuple(found)
    with node.records.reading() as session:
        assert session.get_one(StudyRow, STUDY).annotated


def test_a_defect_leaves_verdict_and_records_as_they_were(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.send(t1_slice(1))
    entry = series(node)

    def defective(*_args: object, **_keywords: object) -> None:
        raise ZeroDivisionError("Secret")

    monkeypatch.setattr("ofsep_node.intake.judging.judge", defective)
    with pytest.raises(JudgingFailed, match="ZeroDivisionError") as caught:
        reviewing(node.records).pin(entry, {"organ": "cord"}, MARIE)
    assert "Secret" not in str(caught.value)
    with node.records.reading() as session:
        assert correction_history(session, STUDY) == []


def test_stored_facts_that_cannot_be_read_are_named_without_their_values(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    with node.records.writing() as session:
        session.execute(
            sqlalchemy.text("""UPDATE instance SET facts = '{"patient_id": "Secret"}'""")
        )
    with pytest.raises(JudgingFailed, match="stored facts: sop_class_uid: missing") as caught:
        reviewing(node.records).rejudge(STUDY, MARIE)

    assert "Secret" not in str(caught.value)
    assert caught.value.__cause__ is not None
    assert "Secret" not in str(caught.value.__cause__)


def test_corrections_made_at_once_are_all_kept(node: IntakeNode) -> None:
    """Several people, each with connections of their own, speak of one study at the same time."""
    node.send(*(t1_slice(1, series=n) for n in range(1, 9)))
    entries = [series(node, n) for n in range(1, 9)]

    def say(entry: SeriesEntry) -> None:
        records = Records(node.url)
        person = Person(f"person {entry.series_number}", "at once")
        for weighting in ("t2", "flair"):
            reviewing(records).pin(entry, {"weighting": weighting}, person)
        records.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(say, entries))

    found = versions(node.records)
    assert [v.version for v in found] == list(range(1, 18))
    assert {s.identity.weighting for s in found[-1].series} == {"flair"}
    pinned = [len(v.corrections) for v in found]
    assert pinned == sorted(pinned)
    assert len(node.events("study.corrected")) == 16


@pytest.mark.slow
def test_an_intake_in_another_process_and_corrections_lose_nothing(
    database_url: str, tmp_path: Path
) -> None:
    """Images of one study stream in while its indication and a series are corrected."""
    node = IntakeNode(tmp_path / "data", database_url)
    node.send(t1_slice(1))
    reviews, entry = reviewing(node.records), series(node)
    process = start_intake(tmp_path / "data", database_url)
    weightings = ("t2", "flair", "t1", "pd") * 3
    try:
        for turn, weighting in enumerate(weightings):
            node.spooled([t1_slice(n) for n in range(2 + 5 * turn, 7 + 5 * turn)])
            reviews.pin(entry, {"weighting": weighting}, Person("Marie", f"turn {turn}"))
            reviews.indicate(STUDY, "relapse" if turn % 2 else "follow-up", Person("Paul"))
    finally:
        process.terminate()
        process.wait(30)
    node.intake.drain()

    found = versions(node.records)
    assert [v.version for v in found] == list(range(1, len(found) + 1))
    causes = [v.cause.kind for v in found if v.cause]
    assert causes == ["pin", "indication"] * len(weightings)
    assert found[-1].series[0].instances == 1 + 5 * len(weightings)
    assert found[-1].series[0].identity.weighting == "pd"
    assert found[-1].study.indication == "relapse"
    logged = [json.loads(line) for line in (tmp_path / "data" / "intake.log").open()]
    assert not [line for line in logged if line["level"] == "error"]
    events = [(e.name, e.study) for e in node.events("study.corrected")]
    assert events == [("study.corrected", STUDY)] * 2 * len(weightings)
    assert {e.peer for e in node.events("study.rejudged")} == {"SIEMENS_MR"}
    node.records.close()
