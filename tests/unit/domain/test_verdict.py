"""What became different between two verdicts."""

from __future__ import annotations

from dataclasses import replace

from ofsep_node.domain.verdict import Finding, Message, finding_changes

THICK = Finding(
    rule="thickness-2d", sentence="AQ-2", scope="series", series="1.2", outcome="fail",
    severity="error", measured=5.0, expected=3.0, unit="mm",
    message=Message("Coupes de 5 mm", "Slices of 5 mm"), quote="≤ 3 mm",
)  # fmt: skip
NO_FLAIR = Finding(
    rule="brain-required-sequences", sentence="SQ-1", scope="study", series=None, outcome="fail",
    severity="error", measured="missing", expected="brain.flair-3d", unit=None,
    message=Message("3D FLAIR : manquante", "3D FLAIR: missing"), quote="3D FLAIR",
)  # fmt: skip
PASSED = replace(THICK, outcome="pass", measured=3.0)


def changes(before: list[Finding], after: list[Finding]) -> tuple[list[Finding], list[Finding]]:
    found = finding_changes(before, after)
    return list(found.raised), list(found.cleared)


def test_the_first_troubles_are_raised() -> None:
    assert changes([], [THICK, NO_FLAIR]) == ([THICK, NO_FLAIR], [])
    undetermined = replace(THICK, outcome="undetermined")
    assert changes([], [undetermined]) == ([undetermined], [])


def test_what_passes_or_does_not_apply_is_no_trouble() -> None:
    assert changes([], [PASSED, replace(THICK, outcome="not_applicable")]) == ([], [])


def test_nothing_new_is_said_once() -> None:
    assert changes([THICK], [replace(THICK, message=Message("autrement", "otherwise"))]) == ([], [])


def test_a_trouble_that_passes_or_is_gone_is_cleared() -> None:
    assert changes([THICK], [PASSED]) == ([], [THICK])
    assert changes([THICK, NO_FLAIR], [NO_FLAIR]) == ([], [THICK])


def test_what_is_measured_anew_is_raised_again() -> None:
    for change in ({"measured": 4.0}, {"outcome": "undetermined"}):
        other = replace(THICK, **change, severity="info")
        assert changes([THICK], [other]) == ([other], [])
        assert finding_changes([THICK], [other]).regraded == ()


def test_what_is_only_graded_anew_is_told_as_that_once() -> None:
    lenient = replace(THICK, severity="info")
    found = finding_changes([THICK, NO_FLAIR], [lenient, NO_FLAIR])
    assert (found.raised, found.cleared) == ((), ())
    assert found.regraded == ((THICK, lenient),)
    assert finding_changes(found.standing, [lenient, NO_FLAIR]).regraded == ()


def test_each_series_and_each_required_sequence_has_its_own() -> None:
    elsewhere = replace(THICK, series="1.3")
    no_t1 = replace(NO_FLAIR, expected="brain.t1-3d")
    assert changes([THICK, NO_FLAIR], [elsewhere, no_t1]) == (
        [elsewhere, no_t1],
        [THICK, NO_FLAIR],
    )


def test_pending_troubles_wait() -> None:
    pending = replace(NO_FLAIR, pending=True)
    assert changes([], [pending]) == ([], [])
    assert changes([pending], [NO_FLAIR]) == ([NO_FLAIR], [])
    assert changes([pending], []) == ([], [])


def test_a_trouble_is_not_cleared_because_the_study_is_open_again() -> None:
    assert changes([NO_FLAIR], [replace(NO_FLAIR, pending=True)]) == ([], [])
