"""The judge: an examination held against an edition. Pure: the same facts, the same verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ofsep_node.domain.completeness import completeness
from ofsep_node.domain.correction import NO_CORRECTIONS, Corrections
from ofsep_node.domain.measurement import measure
from ofsep_node.domain.study import RecognisedSeries, Study
from ofsep_node.domain.verdict import (
    Cause,
    Conclusion,
    Finding,
    Message,
    RequirementStatus,
    SeriesVerdict,
    State,
    StudySummary,
    Verdict,
)
from ofsep_node.protocol.checks import JudgedSeries, JudgedStudy, Observation, SeriesCheck
from ofsep_node.protocol.checks.observation import Key
from ofsep_node.protocol.corrections import CorrectedSeries, correct_series, indicated
from ofsep_node.protocol.edition import Edition, Rule, Sentence
from ofsep_node.protocol.memory import SeriesJudgement, SeriesMemory
from ofsep_node.protocol.proof import possible_identities
from ofsep_node.protocol.repetition import forgive_repeated
from ofsep_node.protocol.requirements import WORDS, parts_imaged, requirement_statuses
from ofsep_node.protocol.surplus import beside_protocol, excuse_surplus, excused


def judge(  # noqa: PLR0913 - one keyword per thing the caller may know
    study: Study,
    edition: Edition,
    *,
    corrections: Corrections = NO_CORRECTIONS,
    state: State = "receiving",
    version: int = 0,
    software: str = "",
    cause: Cause | None = None,
    memory: SeriesMemory | None = None,
) -> Verdict:
    """Judge an examination as far as it has arrived, with what people said of it.

    In state "receiving" the verdict is provisional, and what more images may mend is marked
    `pending`. With the `memory` of the last time, only series that are different are looked at;
    the verdict is the same.
    """
    receiving = state == "receiving"
    known = indicated(study, edition, corrections)
    programme = edition.programme_for(known.indication)
    corrected = correct_series(study, edition, corrections)
    judgements = _judgements(edition, corrected, receiving, memory or SeriesMemory())
    series = tuple(j.series for j in judgements)
    held = tuple(one for s in series for one in (s, *s.maps))
    found = {key: findings for j in judgements for key, findings in j.findings.items()}
    requirements = requirement_statuses(edition, programme, held, found)
    repeated = forgive_repeated(held, found)
    beside = beside_protocol(edition, programme, held, requirements)
    by_thing = excuse_surplus(repeated, beside)
    suggested = edition.suggested_for(known.indication)
    judged = JudgedStudy(study, held, requirements, known.indication, suggested=suggested)
    findings = (
        *_study_findings(edition, judged, beside, receiving),
        *(f for one in series for f in _gravest(one, by_thing)),
    )
    return Verdict(
        protocol=edition.reference(),
        study=StudySummary(
            study_instance_uid=study.study_instance_uid,
            patient_id=study.patient_ids[0] if study.patient_ids else None,
            study_date=study.study_date,
            parts=parts_imaged(series),
            programme=programme,
            indication=known.indication,
            indication_source=known.source,
            indication_label=edition.indication_label(known.indication),
        ),
        state=state,
        version=version,
        verdict=conclude(requirements, findings),
        requirements=requirements,
        series=tuple(_series_verdict(s) for s in series),
        findings=findings,
        software=software,
        corrections=(*known.applied, *(a for one in corrected for a in one.applied)),
        cause=cause,
    )


def conclude(requirements: Sequence[RequirementStatus], findings: Sequence[Finding]) -> Conclusion:
    """One word for the examination. Undetermined is never better than a failed check.

    Requirements speak through the findings of their rule, at the severity a site gave it; that
    none is due at all is what no finding says.
    """
    errors = {f.outcome for f in findings if f.severity == "error"}
    remarks = {f.outcome for f in findings if f.severity == "warning"}
    due = any(r.level == "required" and r.status != "not_applicable" for r in requirements)
    if "fail" in errors:
        return "non_compliant"
    if "undetermined" in errors or not due:
        return "undetermined"
    return "compliant_with_remarks" if remarks & {"fail", "undetermined"} else "compliant"


def observations(rule: Rule, series: JudgedSeries) -> Iterator[Observation]:
    """What a series rule says of one series: nothing when it does not speak of it.

    Where the header leaves open whether the rule speaks of the series, what would not pass is
    undetermined; where it has nothing to say, so it stays.
    """
    if not isinstance(rule.check, SeriesCheck):
        return
    if rule.applies_to is None or rule.applies_to.accepts(series.identity):
        yield rule.check.observe(series)
    elif any(rule.applies_to.allows(identity) for identity in possible_identities(series)):
        seen = rule.check.observe(series)
        if seen.outcome in ("fail", "undetermined"):
            yield _if_it_applies(seen, [*rule.applies_to.mismatches(series.identity)])


def _if_it_applies(seen: Observation, unknown: Sequence[str]) -> Observation:
    said = seen.message
    fr, en = (", ".join(WORDS[n].in_language(lang) for n in unknown) for lang in ("fr", "en"))
    message = Message(
        fr=f"{said.fr} (si la règle s'applique ; inconnu : {fr})",
        en=f"{said.en} (if the rule applies; unknown: {en})",
    )
    return replace(seen, outcome="undetermined", message=message)


def _judgements(
    edition: Edition,
    series: Sequence[CorrectedSeries],
    receiving: bool,  # noqa: FBT001 - a plain fact
    memory: SeriesMemory,
) -> list[SeriesJudgement]:
    return [
        memory.recall(one, edition, partial(_look, edition, one, receiving), receiving=receiving)
        for one in series
    ]


def _gravest(series: JudgedSeries, findings: Mapping[Key, Sequence[Finding]]) -> Iterator[Finding]:
    """Of what each rule finds of the things that a series holds, what weighs most."""
    found: dict[str, Finding] = {}
    for one in (series, *series.maps):
        for finding in findings[one.key]:
            first = found.setdefault(finding.rule, finding)
            found[finding.rule] = min(first, finding, key=_weight)
    yield from found.values()


def _weight(finding: Finding) -> tuple[bool, int, bool]:
    severity = ("error", "warning", "info").index(finding.severity) if finding.troubles else 0
    return (not finding.troubles, severity, finding.outcome != "fail")


def _look(edition: Edition, series: CorrectedSeries, receiving: bool) -> SeriesJudgement:  # noqa: FBT001
    measured = _measured(series)
    found = {
        one.key: tuple(_series_findings(edition, one, receiving))
        for one in (measured, *measured.maps)
    }
    return SeriesJudgement(measured, found)


def _measured(series: CorrectedSeries) -> JudgedSeries:
    """The series, and the maps within it: they are complete when all of the series is there."""
    whole = completeness(series.facts, series.announced)
    # A site's pattern speaks of a description; only an operator has looked at this series.
    pinned = frozenset(n for c in series.applied if c.source == "operator" for n in c.said)
    main, *others = series.parts or (RecognisedSeries(series.facts, series.identity),)
    maps = (
        JudgedSeries(p.facts, p.identity, measure(p.facts), whole, pinned, part=number)
        for number, p in enumerate(others, start=1)
    )
    return JudgedSeries(main.facts, main.identity, measure(main.facts), whole, pinned, tuple(maps))


def _series_findings(edition: Edition, series: JudgedSeries, receiving: bool) -> Iterator[Finding]:  # noqa: FBT001
    for sentence, rule in edition.rules():
        for observation in observations(rule, series):
            arriving = receiving and series.completeness.complete is not True
            finding = _finding(edition, sentence, rule, observation, arriving)
            yield replace(finding, scope="series", series=series.facts.series_instance_uid)


def _study_findings(
    edition: Edition,
    study: JudgedStudy,
    beside: frozenset[Key],
    receiving: bool,  # noqa: FBT001 - a plain fact
) -> Iterator[Finding]:
    for sentence, rule in edition.rules():
        if isinstance(rule.check, SeriesCheck):
            continue
        for seen in rule.check.observe(study):
            finding = _finding(edition, sentence, rule, seen, receiving)
            yield excused(finding) if seen.likeness and beside >= seen.likeness else finding


def _finding(
    edition: Edition,
    sentence: Sentence,
    rule: Rule,
    seen: Observation,
    receiving: bool,  # noqa: FBT001 - a plain fact
) -> Finding:
    spoken = edition.sentence(seen.sentence) if seen.sentence else sentence
    return Finding(
        rule=rule.id,
        sentence=spoken.id,
        scope="study",
        series=seen.series,
        outcome=seen.outcome,
        severity=rule.severity_of(seen.outcome, seen.severity),
        measured=seen.measured,
        expected=seen.expected,
        unit=seen.unit,
        message=seen.message,
        quote=spoken.quote,
        quote_fr=spoken.in_french,
        adapted=rule.adapted,
        pending=receiving and seen.outcome != "pass" and rule.check.mended_by_more_images,
    )


def _series_verdict(series: JudgedSeries) -> SeriesVerdict:
    facts = series.facts
    return SeriesVerdict(
        series_instance_uid=facts.series_instance_uid,
        number=facts.acquisition.series_number,
        description=facts.acquisition.series_description or facts.acquisition.protocol_name,
        instances=facts.instances,
        complete=series.completeness.complete,
        identity=series.identity,
        measured=series.measured,
    )
