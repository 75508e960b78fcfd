"""A site's file: what it may say, what becomes of it, and what is wrong with it, by file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofsep_node.errors import EditionError
from ofsep_node.protocol import judge, load_edition
from ofsep_node.protocol.loading import CONFIG
from ofsep_node.protocol.site import adaptable
from tests.unit.protocol.made import ADC, DWI, FLAIR, STANDARD, T1, but, requirement, study_of

EXAMPLE = CONFIG / "sites" / "example.yaml"

GOOD = """\
site: Here
rules:
  thickness-2d:
    reason: agreed
    check: {thickness_mm: 3.5}
series:
  - description: '^t1_mprage$'
    identity: {organ: brain, weighting: t1}
    reason: as the console calls it
indications:
  - text: '\\bLEMP\\b'
    indication: pml-follow-up
    reason: as we write it
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def complaint(site: Path) -> str:
    with pytest.raises(EditionError) as raised:
        load_edition("ofsep-2020", site)
    return str(raised.value)


def test_everything_a_site_says_is_in_the_edition(site: Path) -> None:
    edition = load_edition("ofsep-2020", site)
    assert edition.site == "Here"
    (series,) = edition.series_patterns
    assert (series.description, series.reason) == ("^t1_mprage$", "as the console calls it")
    assert series.identity.said() == {"organ": "brain", "weighting": "t1"}
    (indication,) = edition.indication_patterns
    assert (indication.text, indication.indication) == (r"\bLEMP\b", "pml-follow-up")
    assert edition.reference().site == "Here"


def test_without_a_site_nothing_is_adapted() -> None:
    edition = load_edition("ofsep-2020")
    assert edition.site is None
    assert (edition.series_patterns, edition.indication_patterns) == ((), ())
    assert not [r.id for _, r in edition.rules() if r.adapted]


def test_what_is_not_the_sites_stays_as_it_is(site: Path) -> None:
    before, after = load_edition("ofsep-2020"), load_edition("ofsep-2020", site)
    assert [(s.id, s.quote, s.status) for s in after.sentences] == [
        (s.id, s.quote, s.status) for s in before.sentences
    ]
    assert [*after.requirements()] == [*before.requirements()]
    assert [r for _, r in after.rules() if r.id != "thickness-2d"] == [
        r for _, r in before.rules() if r.id != "thickness-2d"
    ]


def test_the_example_shows_each_of_what_a_site_may_say() -> None:
    edition = load_edition("ofsep-2020", EXAMPLE)
    adapted = [r for _, r in edition.rules() if r.adapted]
    before = {r.id: r for _, r in load_edition("ofsep-2020").rules()}
    assert any(r.label != before[r.id].label for r in adapted)
    assert any(r.severity != before[r.id].severity for r in adapted)
    assert any(r.check != before[r.id].check for r in adapted)
    assert edition.series_patterns
    assert edition.indication_patterns
    known = {i.id for i in edition.indications}
    named = EXAMPLE.read_text(encoding="utf-8").split("Known:")[1].split(".\n")[0]
    assert {*re.findall(r"[a-z-]+", named.replace("#", ""))} <= known


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("'^t1_mprage$'", "'t1(mprage'", 7, "not a regular expression: missing )"),
        ("'^t1_mprage$'", "''", 7, "at least 1 character"),
        ("'^t1_mprage$'", "'t1|'", 7, "'t1|' matches a text that says nothing"),
        ("'^t1_mprage$'", "'^$'", 7, "matches a text that says nothing"),
        ("'^t1_mprage$'", "'(t1)*'", 7, "matches a text that says nothing"),
        ("weighting: t1}", "wheighting: t1}", 8, "no such attribute; known are organ, weighting"),
        ("weighting: t1}", "weighting: t3}", 8, "'flair', 'dir'"),
        ("weighting: t1}", "weighting: t3}", 8, "(it is 't3')"),
        ("weighting: t1}", "gadolinium: yes}", 8, 'write "yes" in quotes'),
        ("weighting: t1}", "gadolinium: no}", 8, 'write "no" in quotes'),
        ("{organ: brain, weighting: t1}", "{}", 8, "says nothing: give at least one attribute"),
        ("    reason: as the console calls it\n", "", 7, "series.0.reason: Field required"),
        ("reason: as the console calls it", "reason: ' '", 9, "series.0.reason"),
        ("'\\bLEMP\\b'", "'[LEMP'", 11, "not a regular expression"),
        ("'\\bLEMP\\b'", "''", 11, "at least 1 character"),
        ("'\\bLEMP\\b'", "'LEMP|'", 11, "matches a text that says nothing"),
        ("pml-follow-up", "pml-followup", 12, "indication pml-followup is not in ofsep-2020; it has"),
        ("pml-follow-up", "unknown", 12, "indication unknown is not in ofsep-2020"),
        ("    reason: as we write it\n", "", 11, "indications.0.reason: Field required"),
        ("check: {thickness_mm: 3.5}", "quote: other", 5, "not a site's to change; of a rule it may"),
        ("check: {thickness_mm: 3.5}", "id: other", 5, "not a site's to change"),
        ("check: {thickness_mm: 3.5}", "applies_to: {organ: [cord]}", 5, "not a site's to change"),
        ("check: {thickness_mm: 3.5}", "why: other", 5, "not a site's to change"),
        ("check: {thickness_mm: 3.5}", "check: {kind: gap}", 5, "kind is not a number"),
        ("check: {thickness_mm: 3.5}", "check: {exception: {organ: [brain]}}", 5, "exception is not"),
        ("check: {thickness_mm: 3.5}", "check: {thickness_mm: thin}", 5, "valid number"),
        ("check: {thickness_mm: 3.5}", "check: {thickness_mm: .inf}", 5, "finite number"),
        ("check: {thickness_mm: 3.5}", "check: {thickness_mm: .nan}", 5, "finite number"),
        ("check: {thickness_mm: 3.5}", "check: {thickness_mm: yes}", 5, "expected a number, found a switch"),
        ("site: Here", "site: ' '", 1, "at least 1 character"),
        ("site: Here", "site: Here\nrequirements: []", 2, "a site file has site, rules, series"),
        ("site: Here", "site: Here\nsentences: []", 2, "a site file has site, rules, series"),
        ("series:", "series: 3\nseris:", 6, "series: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(
    site: Path, old: str, new: str, line: int, says: str
) -> None:
    assert old in GOOD
    site.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    message = complaint(site)
    assert says in message
    assert f"{site}:{line}: " in message


def test_every_fault_is_told_at_once(site: Path) -> None:
    site.write_text(
        "site: Here\nrules:\n  voxel-9d: {reason: a}\n  thickness-2d:\n    reason: b\n"
        "    check: {edge_mm: 1}\nindications:\n  - {text: a, indication: b, reason: c}\n",
        encoding="utf-8",
    )
    lines = complaint(site).splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{site}:{n}" for n in (3, 6, 8)]
    assert "is voxel-3d meant?" in lines[0]
    assert "thickness_mm, exception_mm" in lines[1]


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_is_read_or_refused_with_file_and_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    text = EXAMPLE.read_text(encoding="utf-8") if data.draw(st.booleans()) else GOOD
    at = data.draw(st.integers(0, len(text)))
    until = min(at + data.draw(st.integers(0, 30)), len(text))
    inserted = data.draw(
        st.text(max_size=5)
        | st.sampled_from(
            ["null", "[]", "{}", "&a [*a]", "<<: x", "? [a] : b", "- ", "  ", "\n", "yes"]
        )
    )
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    path.write_text(text[:at] + inserted + text[until:], encoding="utf-8", errors="replace")
    try:
        load_edition("ofsep-2020", path)
    except EditionError as error:
        for line in str(error).splitlines():
            assert re.match(rf"{re.escape(str(path))}:\d+: ", line), line


def test_a_file_that_holds_itself_is_refused(site: Path) -> None:
    site.write_text("site: Here\nrules: &a\n  voxel-3d: *a\n", encoding="utf-8")
    assert f"{site}:3: rules.voxel-3d" in complaint(site)


def test_the_judge_takes_over_what_the_site_says(site: Path) -> None:
    flair = but(FLAIR, weighting="t2", description="SEP_sag_FLAIR_iso")
    site.write_text(
        "site: Here\nseries:\n  - description: '^sep_sag_flair_ISO$'\n    reason: no TI\n"
        "    identity: {weighting: flair}\nindications:\n  - text: poussée\n"
        "    indication: relapse\n    reason: our form\n",
        encoding="utf-8",
    )
    study = study_of(T1, DWI, ADC, flair, request_descriptions=("IRM pour POUSSÉE",))
    before = judge(study, load_edition("ofsep-2020"))
    after = judge(study, load_edition("ofsep-2020", site))
    assert requirement(before, "brain.flair-3d").status == "missing"
    assert requirement(after, "brain.flair-3d").status == "met"
    assert (after.study.indication, after.study.indication_source) == ("relapse", "site")
    assert [(c.series, c.by, c.reason) for c in after.corrections] == [
        (None, "Here", "our form"), ("1.2.3.4", "Here", "no TI"),
    ]  # fmt: skip


def test_the_digest_covers_the_patterns(site: Path) -> None:
    before = load_edition("ofsep-2020", site).digest
    site.write_text(GOOD.replace("t1_mprage", "t1_spgr"), encoding="utf-8")
    assert load_edition("ofsep-2020", site).digest != before


def test_numbers_and_severities_of_a_check_may_be_adapted_and_nothing_else() -> None:
    rules = {rule.id: rule for _, rule in load_edition("ofsep-2020").rules()}
    assert adaptable(rules["thickness-2d"].check) == ("thickness_mm", "exception_mm")
    assert adaptable(rules["in-plane-2d"].check) == ("edge_mm", "tolerance_mm", "lenient")
    assert adaptable(rules["field-strength"].check) == ("fields_t", "tolerance_t")
    assert adaptable(rules["brain-required-sequences"].check) == ()


@pytest.mark.parametrize("key", ["digest", "site", "series_patterns", "indication_patterns"])
def test_an_edition_does_not_say_what_a_site_says(tmp_path: Path, key: str) -> None:
    edition = tmp_path / "edition.yaml"
    shipped = (CONFIG / "protocols" / "ofsep-2020.yaml").read_text(encoding="utf-8")
    edition.write_text(f"{key}: here\n{shipped}", encoding="utf-8")
    with pytest.raises(EditionError, match=f"edition.yaml:1: {key}: not written in an edition"):
        load_edition(edition)


def test_an_edition_adapts_no_rule(tmp_path: Path) -> None:
    edition = tmp_path / "edition.yaml"
    shipped = (CONFIG / "protocols" / "ofsep-2020.yaml").read_text(encoding="utf-8")
    edition.write_text(
        shipped.replace("- id: voxel-3d\n", "- id: voxel-3d\n        adapted: so\n"),
        encoding="utf-8",
    )
    with pytest.raises(EditionError, match=r":\d+: adapted: only a site file adapts a rule"):
        load_edition(edition)


UNWEIGHED = but(
    T1, gadolinium="yes", contrast={"agent": "Dotarem", "volume_ml": 14}, acquired_at="10:30"
)


@pytest.mark.parametrize(
    ("says", "severity", "verdict"),
    [
        ("", "info", "compliant"),
        ("severity: error", "info", "compliant"),
        ("severity_undetermined: warning", "warning", "compliant_with_remarks"),
        ("severity_undetermined: error", "error", "undetermined"),
    ],
)
def test_what_is_undetermined_has_the_severity_that_edition_or_site_give_it(
    tmp_path: Path, says: str, severity: str, verdict: str
) -> None:
    path = tmp_path / "site.yaml"
    rules = f"rules: {{gadolinium-dose: {{reason: agreed, {says}}}}}" if says else ""
    path.write_text(f"site: Here\n{rules}\n", encoding="utf-8")
    judged = judge(
        study_of(*STANDARD, UNWEIGHED), load_edition("ofsep-2020", path), state="settled"
    )
    (dose,) = (f for f in judged.findings if f.rule == "gadolinium-dose")
    assert (dose.outcome, dose.severity) == ("undetermined", severity)
    assert judged.verdict == verdict


def test_a_severity_lowered_by_a_site_holds_for_what_is_undetermined_too(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: Here\nrules: {voxel-3d: {reason: agreed, severity: warning}}\n", encoding="utf-8"
    )
    edition = load_edition("ofsep-2020", path)
    unsaid = but(T1, thickness_mm=None)
    judged = judge(study_of(unsaid, *STANDARD[1:]), edition, state="settled")
    found = {f.severity for f in judged.findings if f.rule == "voxel-3d" and f.troubles}
    assert found == {"warning"}
