"""A verdict as a person likes to read it: required sequences, series, then what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ofsep_node.cli.words import colon, day, number, word
from ofsep_node.domain.labels import describe
from ofsep_node.domain.text import legible
from ofsep_node.domain.typography import typeset
from ofsep_node.domain.verdict import (
    Finding,
    Outcome,
    RequirementStatus,
    SeriesVerdict,
    Severity,
    Status,
    Verdict,
)
from ofsep_node.logs import percent
from ofsep_node.records.documents import from_json, to_json
from ofsep_node.reporting.phrases import (
    correction_line,
    imaged_parts,
    indication_line,
    number_of,
    offered,
    voxel,
)

_CONCLUSION_STYLE: dict[str, str] = {
    "compliant": "bold white on green",
    "compliant_with_remarks": "bold black on yellow",
    "non_compliant": "bold white on red",
    "undetermined": "bold white on magenta",
}
_STATUS_STYLE: dict[Status, tuple[str, str]] = {
    "met": ("✓", "green"),
    "not_met": ("✗", "red"),
    "missing": ("✗", "red"),
    "undetermined": ("?", "magenta"),
    "not_applicable": ("·", "dim"),
}
_SEVERITY_STYLE: dict[Severity, str] = {"error": "red", "warning": "yellow", "info": "cyan"}
_OUTCOME_SIGN: dict[Outcome, str] = {
    "pass": "✓",
    "fail": "✗",
    "undetermined": "?",
    "not_applicable": "·",
}


def report(verdict: Verdict, language: str, *, every: bool = False) -> RenderableType:
    """The whole report; with `every`, passed checks and the evidence of recognition too."""
    verdict = from_json(legible(to_json(verdict)))
    parts: list[RenderableType] = [
        _heading(verdict, language),
        _requirements(verdict, language),
        *_offered(verdict, language),
        _series(verdict, language),
        *_findings(verdict, language, every=every),
        *_corrections(verdict, language),
    ]
    if every:
        parts.extend(_evidence(verdict, language))
    return Padding(Group(*parts), (1, 1))


def conclusion(value: str, language: str) -> Text:
    """The one word, coloured."""
    return Text(f" {word(value, language).upper()} ", style=_CONCLUSION_STYLE[value])


def _heading(verdict: Verdict, language: str) -> RenderableType:
    study = verdict.study
    parts = imaged_parts(verdict, language)
    patient = study.patient_id or word("no_patient", language)
    return Group(
        Text.assemble(
            conclusion(verdict.verdict, language),
            (f"  {verdict.protocol.name.upper()} {verdict.protocol.edition}", "bold"),
            f" · {verdict.protocol.site}" if verdict.protocol.site else "",
            f" · {parts} · {word(study.programme, language)} · {indication_line(verdict, language)}",
        ),
        Text(
            f"{patient} · {day(study.study_date, language)} · {study.study_instance_uid} · "
            f"{word(verdict.state, language)}, {word('version', language)} {verdict.version}",
            style="dim",
        ),
        Text(""),
    )


def _requirements(verdict: Verdict, language: str) -> RenderableType:
    table = _table()
    for key in ("required", "status", "by", "why"):
        table.add_column(word(key, language), overflow="fold")
    numbers = {s.series_instance_uid: s for s in verdict.series}
    for requirement in verdict.requirements:
        if requirement.level == "required" and requirement.status != "not_applicable":
            table.add_row(*_requirement_row(requirement, numbers, language))
    return table if table.rows else Text("")


def _offered(verdict: Verdict, language: str) -> Iterator[RenderableType]:
    """What the protocol offers, or asks for at times, in a line for each state."""
    for state, labels in offered(verdict, language).items():
        if labels:
            said = f"{word('optional', language)}, {word(state, language)}{colon(language)}"
            yield Padding(Text(said + ", ".join(labels), style="dim"), (0, 0, 0, 1))


def _requirement_row(
    requirement: RequirementStatus, series: dict[str, SeriesVerdict], language: str
) -> tuple[Text, Text, str, str]:
    sign, style = _STATUS_STYLE[requirement.status]
    found = [series[uid] for uid in requirement.series if uid in series]
    return (
        Text(f"{sign} {requirement.label.in_language(language)}", style=style),
        Text(word(requirement.status, language), style=style),
        ", ".join(number_of(s) for s in found),
        requirement.reason.in_language(language) if requirement.reason else "",
    )


def _series(verdict: Verdict, language: str) -> RenderableType:
    table = _table()
    table.add_column(word("by", language), justify="right")
    for key in ("description", "identity"):
        table.add_column(word(key, language), overflow="fold")
    for key in ("images", "complete", "voxel"):
        table.add_column(word(key, language), justify="right")
    for series in verdict.series:
        table.add_row(*_series_row(series, language))
    return table if table.rows else Text("")


def _series_row(series: SeriesVerdict, language: str) -> tuple[str, ...]:
    complete = {True: word("yes", language), False: word("no", language), None: "?"}
    identity = describe(series.identity, "fr" if language == "fr" else "en")
    return (
        number_of(series),
        series.description or "",
        f"{identity} ({percent(series.identity.confidence, language)})",
        str(series.instances),
        # Of what only places the slices, nobody asks whether it is all there.
        "" if series.identity.role == "localizer" else complete[series.complete],
        number(voxel(series), language),
    )


def _findings(verdict: Verdict, language: str, *, every: bool) -> Iterator[RenderableType]:
    shown = verdict.findings if every else verdict.troubles
    yield Text(word("findings", language), style="bold")
    if not shown:
        yield Text(f"  {word('no_findings', language)}", style="green")
    site = verdict.protocol.site or ""
    of_study = [f for f in shown if f.series is None]
    yield from _group(word("study", language), of_study, language, site)
    for series in verdict.series:
        title = f"{word('series', language)} {number_of(series)}  {series.description or ''}"
        mine = [f for f in shown if f.series == series.series_instance_uid]
        yield from _group(title, mine, language, site)


def _group(
    title: str, findings: Sequence[Finding], language: str, site: str
) -> Iterator[RenderableType]:
    if findings:
        yield Text(f"  {title}", style="bold")
        for finding in findings:
            yield from _finding(finding, language)
            if finding.adapted:
                said = word("adapted", language).format(site)
                yield Padding(
                    Text(f"{said}{colon(language)}{finding.adapted}", style="dim"), (0, 0, 0, 6)
                )


def _finding(finding: Finding, language: str) -> Iterator[RenderableType]:
    yield Padding(
        Text.assemble(
            _sign(finding, language),
            finding.message.in_language(language),
            (f"  [{finding.rule}, {finding.sentence}]", "dim"),
        ),
        (0, 0, 0, 4),
    )
    if finding.troubles and finding.scope == "series":
        quote = typeset(f"« {finding.quoted(language)} »")
        yield Padding(Text(quote, style="dim italic"), (0, 0, 0, 6))


def _corrections(verdict: Verdict, language: str) -> Iterator[RenderableType]:
    """Who said what of which series, why, and what had been recognised."""
    if verdict.corrections:
        yield Text(f"\n{word('corrections', language)}", style="bold")
    for correction in verdict.corrections:
        yield Padding(Text(correction_line(verdict, correction, language)), (0, 0, 0, 2))


def _sign(finding: Finding, language: str) -> tuple[str, str]:
    """What kind of finding it is, and its style: an error is only what was seen to fail."""
    sign = _OUTCOME_SIGN[finding.outcome]
    if finding.outcome == "fail":
        severity = word(finding.severity, language)
        return f"{sign} {severity} ", _SEVERITY_STYLE[finding.severity]
    if finding.outcome == "undetermined":
        return f"{sign} {word('undetermined', language)} ", "magenta"
    return f"{sign} ", "green"


def _evidence(verdict: Verdict, language: str) -> Iterator[RenderableType]:
    for series in verdict.series:
        yield Text(f"\n{word('series', language)} {number_of(series)}  {series.description or ''}")
        for line in series.identity.evidence_in(language):
            yield Padding(Text(f"· {line}", style="dim"), (0, 0, 0, 4))


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
