"""The rules of gadolinium on whole examinations, and what deleting attributes may not do to them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from ofsep_node.domain.correction import Corrections, Pin
from ofsep_node.domain.instance import Contrast
from ofsep_node.domain.study import RecognisedSeries, Study
from ofsep_node.domain.verdict import Verdict
from ofsep_node.protocol import judge
from ofsep_node.protocol.examples import ExampleSeries
from ofsep_node.recognition import compare_twins, recognise
from tests.unit.protocol.deletions import gained
from tests.unit.protocol.made import (
    ADC,
    DWI,
    EDITION,
    FLAIR,
    KNEE,
    STANDARD,
    T1,
    but,
    judged,
    requirement,
    study_of,
)

INDICATIONS = tuple(i.id for i in EDITION.indications)
GADOLINIUM = ("gadolinium-", "single-injection")
ORDER = ("brain-before-cord", "optional-sequences")

GIVEN = {"agent": "Dotarem", "volume_ml": 14, "weight_kg": 70, "injected_at": "10:05"}
T1_GD = but(T1, gadolinium="yes", acquired_at="10:20", description="3D T1 GADO", contrast=GIVEN)
LATE_FLAIR = but(FLAIR, acquired_at="10:10")
CORD_GD = but(T1_GD, organ="cord", dimension="2D", acquired_at="10:40", description="moelle gado")


def told(verdict: Verdict, *prefixes: str) -> dict[str, str]:
    """Rule to outcome, of the rules that begin so; the last of several."""
    return {f.rule: f.outcome for f in verdict.findings if f.rule.startswith(prefixes)}


def outcomes(*series: ExampleSeries, indication: str = "unknown") -> dict[str, str]:
    return told(judged(*series, indication=indication), *GADOLINIUM)


def test_a_clean_injected_examination_passes_every_rule_of_gadolinium() -> None:
    assert outcomes(T1, DWI, ADC, LATE_FLAIR, T1_GD, CORD_GD, indication="relapse") == {
        "gadolinium-indicated": "pass",
        "gadolinium-macrocyclic": "pass",
        "gadolinium-dose": "pass",
        "gadolinium-before-flair": "pass",
        "single-injection": "pass",
    }


@pytest.mark.parametrize("gadolinium", ["no", "unknown"])
def test_without_gadolinium_nothing_is_said(gadolinium: str) -> None:
    """Most headers have no contrast module, which leaves the gadolinium of every series unknown."""
    verdict = judged(*(but(s, gadolinium=gadolinium) for s in STANDARD))
    assert verdict.verdict == "compliant"
    assert [f.message.en for f in verdict.findings if f.troubles] == []
    assert told(verdict, *GADOLINIUM) == {}


@pytest.mark.parametrize("indication", INDICATIONS)
def test_a_missing_post_gadolinium_t1_is_never_an_error(indication: str) -> None:
    verdict = judged(*STANDARD, indication=indication)
    assert verdict.verdict in {"compliant", "compliant_with_remarks"}


@pytest.mark.parametrize(
    ("indication", "sentence", "severity"),
    [
        ("first-diagnosis", "GD-2", "warning"),
        ("treatment-start", "GD-3", "warning"),
        ("six-months-after", "GD-4", "warning"),
        ("relapse", "GD-5", "warning"),
        ("activity-search", "GD-6", "info"),
    ],
)
def test_each_indication_quotes_its_own_sentence(
    indication: str, sentence: str, severity: str
) -> None:
    verdict = judged(*STANDARD, indication=indication)
    (found,) = (f for f in verdict.findings if f.rule == "gadolinium-indicated")
    assert (found.outcome, found.sentence, found.severity) == ("fail", sentence, severity)
    assert found.quote == EDITION.sentence(sentence).quote


def test_a_post_gadolinium_t1_may_still_come() -> None:
    verdict = judged(*STANDARD, state="receiving", indication="relapse")
    (found,) = (f for f in verdict.findings if f.rule == "gadolinium-indicated")
    assert found.pending


def test_an_examination_of_neither_part_needs_no_gadolinium() -> None:
    assert outcomes(KNEE, indication="relapse") == {}


def test_what_an_operator_says_of_a_series_counts() -> None:
    study = study_of(*STANDARD, but(T1, gadolinium="unknown"))
    pin = Pin("1.2.3.5", "gadolinium", "yes", by="me", reason="seen", at="2026-01-01T00:00:00Z")
    indicated = Corrections.of_indication("relapse", "me").indication
    verdict = judge(study, EDITION, corrections=Corrections(indicated, (pin,)), state="settled")
    assert told(verdict, "gadolinium-indicated") == {"gadolinium-indicated": "pass"}


def test_plain_follow_up_with_gadolinium_is_told_and_costs_nothing() -> None:
    verdict = judged(T1, DWI, ADC, LATE_FLAIR, T1_GD, indication="follow-up")
    assert told(verdict, "gadolinium-not") == {"gadolinium-not-indicated": "fail"}
    assert verdict.verdict == "compliant"


def test_an_agent_typed_into_every_series_is_judged_once() -> None:
    every = [but(s, contrast=GIVEN) for s in (T1, DWI, ADC, LATE_FLAIR)]
    verdict = judged(*every, T1_GD)
    for rule in ("gadolinium-macrocyclic", "gadolinium-dose"):
        assert [f.outcome for f in verdict.findings if f.rule == rule] == ["pass"]


@pytest.mark.parametrize(
    ("contrast", "outcome", "says"),
    [
        ({"agent": "Dotarem 14ml", "weight_kg": 70, "volume_ml": 0}, "pass", "0.1 mmol/kg"),
        ({"agent": "Dotarem", "total_dose_ml": 14, "weight_kg": 70}, "pass", "0.1 mmol/kg"),
        ({"agent": "Gadovist", "volume_ml": 14, "weight_kg": 70}, "fail", "0.2 mmol/kg"),
        ({"agent": "Elucirem", "volume_ml": 14, "weight_kg": 70}, "fail", "licensed dose"),
        ({"agent": "Omniscan", "volume_ml": 6, "weight_kg": 0}, "undetermined", "PatientWeight"),
        ({"agent": "Dotarem", "weight_kg": 70}, "undetermined", "ContrastBolusVolume"),
        (
            {"agent": "Gado", "volume_ml": 14, "weight_kg": 70},
            "undetermined",
            "“Gado” does not name",
        ),
        ({"agent": None}, "undetermined", "ContrastBolusAgent"),
    ],
)
def test_a_dose_is_told_or_what_is_missing(
    contrast: dict[str, Any], outcome: str, says: str
) -> None:
    verdict = judged(*STANDARD, but(T1_GD, contrast=contrast))
    (found,) = (f for f in verdict.findings if f.rule == "gadolinium-dose")
    assert found.outcome == outcome
    assert says in found.message.en


EXAMINATIONS: dict[str, tuple[ExampleSeries, ...]] = {
    "clean": (T1, DWI, ADC, LATE_FLAIR, T1_GD, CORD_GD),
    "flair first": (*STANDARD, T1_GD),
    "linear, twice": (
        *STANDARD,
        but(T1_GD, contrast=GIVEN | {"agent": "Omniscan"}),
        but(CORD_GD, contrast=GIVEN | {"injected_at": "10:35", "volume_ml": 40}),
    ),
    "cord first": (*STANDARD, but(CORD_GD, acquired_at="09:00"), T1_GD),
    "unknown agent": (*STANDARD, but(T1_GD, contrast=GIVEN | {"agent": "produit X"})),
    "named everywhere": tuple(but(s, contrast={"agent": "Dotarem"}) for s in (*STANDARD, T1_GD)),
}

DELETABLE = [f.name for f in fields(Contrast) if f.name != "concentration"]
"""Without a concentration the product is taken for undiluted: as sold, and as nearly always given."""


def recognised_again(study: Study) -> Study:
    """Gadolinium as the headers say it, everything else as the example does."""
    seen = compare_twins(
        [
            RecognisedSeries(s.facts, replace(s.identity, gadolinium=recognise(s.facts).gadolinium))
            for s in study.series
        ]
    )
    return replace(study, series=seen)


def without(study: Study, number: int, attribute: str) -> Study:
    series = list(study.series)
    facts = series[number].facts
    if attribute == "acquired_at":
        facts = replace(facts, acquired_at=None)
    else:
        facts = replace(facts, contrast=replace(facts.contrast, **{attribute: None}))
    series[number] = replace(series[number], facts=facts)
    return replace(study, series=tuple(series))


@pytest.mark.parametrize("indication", ["unknown", "relapse", "follow-up"])
@pytest.mark.parametrize("name", EXAMINATIONS)
def test_nothing_is_gained_by_deleting_contrast_or_times(name: str, indication: str) -> None:
    study = study_of(*EXAMINATIONS[name])
    said = Corrections.of_indication(indication, "test")
    before = judge(recognised_again(study), EDITION, corrections=said, state="settled")
    for number in range(len(study.series)):
        for attribute in (*DELETABLE, "acquired_at"):
            after = recognised_again(without(study, number, attribute))
            verdict = judge(after, EDITION, corrections=said, state="settled")
            mine = [g for g in gained(before, verdict) if g.startswith((*GADOLINIUM, *ORDER))]
            assert mine == [], (number, attribute)


def test_a_reformat_shows_as_well_that_gadolinium_was_given() -> None:
    reformat = but(T1_GD, role="derived")
    assert outcomes(*STANDARD, reformat, indication="relapse")["gadolinium-indicated"] == "pass"


def test_a_product_that_is_not_known_is_named_and_not_called_absent() -> None:
    series = but(T1_GD, contrast=GIVEN | {"agent": "produit X"})
    (dose,) = (f for f in judged(*STANDARD, series).findings if f.rule == "gadolinium-dose")
    assert dose.outcome == "undetermined"
    assert "produit X" in dose.message.fr
    assert "absent" not in dose.message.fr


@pytest.mark.parametrize(
    ("agent", "denied"),
    [
        ("NONE", True),
        ("sans IV", True),
        ("0 ml", True),
        ("0", True),
        ("0.1 mmol/kg Dotarem", False),
        ("0,5 M gadotérate", False),
        ("Non renseigné", False),
        ("non précisé", False),
    ],
)
def test_a_dose_before_the_name_and_a_field_left_open_deny_nothing(
    agent: str, denied: bool
) -> None:
    assert Contrast(agent=agent).denies_agent == denied


@pytest.mark.parametrize(
    ("acquired_at", "gadolinium", "status"),
    [
        ("10:00", "unknown", "met"),
        ("10:30", "unknown", "undetermined"),
        ("10:30", "no", "met"),
        (None, "unknown", "met"),
    ],
)
def test_a_silent_t1_after_one_with_gadolinium_is_not_taken_for_one_without(
    acquired_at: str | None, gadolinium: str, status: str
) -> None:
    t1 = but(T1, gadolinium=gadolinium, acquired_at=acquired_at)
    enhanced = but(T1_GD, contrast={})
    found = requirement(judged(t1, DWI, ADC, FLAIR, enhanced), "brain.t1-3d")
    assert found.status == status
