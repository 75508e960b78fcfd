"""How witnesses become a conclusion, and what a conclusion says of itself."""

from __future__ import annotations

import pytest

from ofsep_node.domain.labels import attribute_in_words, describe
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message
from ofsep_node.recognition import recognise
from ofsep_node.recognition.evidence import ENOUGH, Witness, conclude
from ofsep_node.recognition.physics import csf_null_ms
from tests.unit.recognition.headers import build, directions, tensor
from tests.unit.recognition.sequences import AXIAL_HEAD, PROTOCOL, SIEMENS, seq


def written(text: str) -> Message:
    """What a header says is the same in every language."""
    return Message(text, text)


def test_witnesses_that_agree_are_worth_more_than_one() -> None:
    one, two = Witness(("t1",), 0.6, written("times")), Witness(("t1",), 0.5, written("words"))
    assert conclude([one, two]).confidence == pytest.approx(0.8)
    assert conclude([one, two]).evidence == (written("times"), written("words"))


def test_a_contradiction_lowers_the_confidence_and_is_listed() -> None:
    times, words = Witness(("t1",), 0.8, written("times")), Witness(("t2",), 0.4, written("words"))
    conclusion = conclude([times, words])
    assert conclusion.claim == "t1"
    assert conclusion.confidence < 0.8
    assert [e.en for e in conclusion.evidence] == ["times", "against: words"]
    assert conclusion.disputed


def test_thin_support_and_draws_are_unknown() -> None:
    assert conclude([]).claim == "unknown"
    assert conclude([Witness(("t1",), ENOUGH - 0.01, written("thin"))]).claim == "unknown"
    draw = conclude([Witness(("t1",), 0.6, written("a")), Witness(("t2",), 0.6, written("b"))])
    assert (draw.claim, draw.confidence) == ("unknown", 0.0)


def test_a_decisive_witness_cannot_be_outvoted() -> None:
    tof = Witness(("other",), 0.5, written("TOF"), decisive=True)
    assert conclude([tof, Witness(("t1",), 0.9, written("times"))]).claim == "other"


def test_an_allowed_claim_is_no_contradiction() -> None:
    words = Witness(("dwi",), 0.5, written("diffusion"), allows=("adc",))
    assert conclude([Witness(("adc",), 0.9, written("ADC")), words]).evidence == (written("ADC"),)


def test_a_lying_body_part_is_shown_beside_what_outweighs_it() -> None:
    identity = recognise(build(**PROTOCOL["siemens xa mprage without IR, orbit"][0]))
    assert identity.organ == "brain"
    assert "against: BodyPartExamined says ORBIT" in identity.evidence


def test_the_measured_values_are_in_the_evidence() -> None:
    identity = recognise(build(**PROTOCOL["siemens mprage"][0]))
    first = identity.evidence[0]
    assert first.startswith("3D, TE 3 ms, TR 2300 ms, TI 900 ms: inversion-prepared T1-weighted")


@pytest.mark.parametrize(("count", "weighting"), [(3, "dwi"), (5, "dwi"), (6, "dti"), (15, "dti")])
def test_a_tensor_needs_six_directions(count: int, weighting: str) -> None:
    header = {**SIEMENS, **AXIAL_HEAD, **seq("EP"), "series_description": "DTI"}
    identity = recognise(build(**header, gradients=tensor(count)))
    assert identity.weighting == weighting
    assert f"{count} distinct diffusion directions" in identity.evidence


def test_opposite_directions_are_one() -> None:
    four = directions(4)
    both = [*four, *((-x, -y, -z) for x, y, z in four)]
    gradients = [(0.0, None, None), *((1000.0, d, "DIRECTIONAL") for d in both)]
    header = {**SIEMENS, **AXIAL_HEAD, **seq("EP"), "series_description": "DTI"}
    assert recognise(build(**header, gradients=gradients)).weighting == "dwi"


def test_diffusion_without_b_values_is_less_sure() -> None:
    header = {**SIEMENS, **AXIAL_HEAD, **seq("EP"), "sequence_name": "*ep_b0", "te": [90.0]}
    header |= {"series_description": "ep2d_diff b0", "body_part_examined": "HEAD"}
    without = recognise(build(**header, gradients=[(None, None, None)]))
    with_b = recognise(build(**header, gradients=tensor(3)))
    assert without.weighting == with_b.weighting == "dwi"
    assert without.confidence < with_b.confidence


def test_a_series_of_b0_alone_is_no_diffusion() -> None:
    header = {**SIEMENS, **AXIAL_HEAD, **seq("EP"), "sequence_name": "*ep_b0", "te": [90.0]}
    header |= {"series_description": "ep2d_diff b0", "body_part_examined": "HEAD"}
    identity = recognise(build(**header, gradients=[(0.0, None, None)]))
    assert identity.weighting == "unknown"
    assert "against: every image is b0, none is diffusion-weighted" in identity.evidence


def test_gradient_echo_epi_without_b_values_is_no_diffusion() -> None:
    header = {**SIEMENS, **AXIAL_HEAD, **seq("EP", "GR"), "te": [30.0]}
    assert recognise(build(**header)).weighting == "other"


@pytest.mark.parametrize(
    ("repetition_time", "inversion_time"), [(5000, 1800), (6000, 2000), (9000, 2450), (4000, 1540)]
)
def test_fluid_is_nulled_at_the_inversion_times_in_use(
    repetition_time: float, inversion_time: float
) -> None:
    assert csf_null_ms(repetition_time) == pytest.approx(inversion_time, rel=0.02)


@pytest.mark.parametrize(
    ("identity", "english", "french"),
    [
        (
            SeriesIdentity("brain", "flair", "3D", "sagittal"),
            "3D FLAIR, brain, sagittal",
            "3D FLAIR, encéphale, sagittale",
        ),
        (
            SeriesIdentity("cord", "t1", "2D", "axial", "yes"),
            "2D T1, spinal cord, axial, with gadolinium",
            "2D T1, moelle, axiale, avec gadolinium",
        ),
        (
            SeriesIdentity("brain", "dwi", "2D", "axial", "unknown", "derived"),
            "2D diffusion, brain, axial, derived",
            "diffusion 2D, encéphale, axiale, dérivée",
        ),
        (SeriesIdentity(), "unrecognised series", "série non reconnue"),
    ],
)
def test_names_for_people(identity: SeriesIdentity, english: str, french: str) -> None:
    assert describe(identity) == english
    assert describe(identity, "fr") == french


@pytest.mark.parametrize("name", PROTOCOL)
def test_independent_witnesses_that_agree_make_confidence(name: str) -> None:
    identity = recognise(build(**PROTOCOL[name][0]))
    if identity.confidence >= 0.6:
        agreeing = [e for e in identity.evidence if not e.startswith(("against", "not conclusive"))]
        assert len(agreeing) >= 2


def test_an_unknown_value_agrees_with_its_attribute() -> None:
    assert attribute_in_words("weighting", "unknown", "fr") == "pondération inconnue"
    assert attribute_in_words("organ", "unknown", "fr") == "organe inconnu"
    assert attribute_in_words("plane", "sagittal", "fr") == "plan sagittal"
