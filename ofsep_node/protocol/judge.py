"""The judge: an examination held against an edition. Pure: the same facts, the same verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ofsep_node.domain.completeness import completeness
from ofsep_node.domain.correction import NO_CORRECTIONS, Corrections
from ofsep_node.domain.measurement import measure
from ofsep_node.domain.study import Study
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
from ofsep_node.protocol.corrections import CorrectedSeries, correct_series, indicated
from ofsep_node.protocol.edition import Edition, Rule, Sentence
from ofsep_node.protocol.repetition import forgive_repeated
from ofsep_node.protocol.requirements import WORDS, parts_imaged, requirement_statuses


def judge(
    study: Study,
    edition: Edition,
    *,
    corrections: Corrections = NO_CORRECTIONS,
    state: State = "receiving",
    version: int = 0,
    software: str = "",
    cause: Cause | None = None,
) -> Verdict:
    """Judge an examination as far as it has arrived, with what people said of it.

    In state "receiving" the verdict is provisional, and what more images may mend is marked
    `pending`.
    """
    receiving = state == "receiving"
    known = indicated(study, edition, corrections)
    programme = edition.programme_for(known.indication)
    corrected = correct_series(study, edition, corrections)
    series = tuple(_measured(one) for one in corrected)
    found = {
        s.facts.series_instance_uid: tuple(_series_findings(edition, s, receiving)) for s in series
    }
    requirements = requirement_statuses(edition, programme, series, found)
    by_series = forgive_repeated(series, found)
    judged = JudgedStudy(study, series, requirements, known.indication)
    findings = (
        *_study_findings(edition, judged, receiving),
        *(f for found in by_series.values() for f in found),
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
    undetermined.
    """
    if not isinstance(rule.check, SeriesCheck):
        return
    if rule.applies_to is None or rule.applies_to.accepts(series.identity):
        yield rule.check.observe(series)
    elif rule.applies_to.allows(series.identity):
        seen = rule.check.observe(series)
        if seen.outcome != "pass":
            yield _if_it_applies(seen, [*rule.applies_to.mismatches(series.identity)])


def _if_it_applies(seen: Observation, unknown: Sequence[str]) -> Observation:
    said = seen.message
    fr, en = (", ".join(WORDS[n].in_language(lang) for n in unknown) for lang in ("fr", "en"))
    message = Message(
        fr=f"{said.fr} (si la règle s'applique ; inconnu : {fr})",
        en=f"{said.en} (if the rule applies; unknown: {en})",
    )
    return replace(seen, outcome="undetermined", message=message)


def _measured(series: CorrectedSeries) -> JudgedSeries:
    facts = series.facts
    pinned = frozenset(name for correction in series.applied for name in correction.said)
    return JudgedSeries(facts, series.identity, measure(facts), completeness(facts), pinned)


def _series_findings(edition: Edition, series: JudgedSeries, receiving: bool) -> Iterator[Finding]:  # noqa: FBT001
    for sentence, rule in edition.rules():
        for observation in observations(rule, series):
            arriving = receiving and series.completeness.complete is not True
            finding = _finding(edition, sentence, rule, observation, arriving)
            yield replace(finding, scope="series", series=series.facts.series_instance_uid)


def _study_findings(edition: Edition, study: JudgedStudy, receiving: bool) -> Iterator[Finding]:  # noqa: FBT001
    for sentence, rule in edition.rules():
        if not isinstance(rule.check, SeriesCheck):
            for observation in rule.check.observe(study):
                yield _finding(edition, sentence, rule, observation, receiving)


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
        severity=seen.severity or rule.severity,
        measured=seen.measured,
        expected=seen.expected,
        unit=seen.unit,
        message=seen.message,
        quote=spoken.quote,
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
