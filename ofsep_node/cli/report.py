"""A verdict as a person likes to read it: required sequences, series, then what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ofsep_node.domain.text import legible
from ofsep_node.domain.verdict import (
    Finding,
    Outcome,
    RequirementStatus,
    SeriesVerdict,
    Severity,
    Status,
    Verdict,
)
from ofsep_node.logs import CONCLUSIONS
from ofsep_node.recognition import describe
from ofsep_node.records.documents import from_json, to_json

_WORDS = CONCLUSIONS | {
    "met": ("met", "conforme"),
    "not_met": ("not met", "non conforme"),
    "missing": ("missing", "manquante"),
    "not_applicable": ("not applicable", "sans objet"),
    "receiving": ("still receiving", "réception en cours"),
    "settled": ("settled", "examen terminé"),
    "reported": ("reported", "compte rendu envoyé"),
    "brain": ("brain", "IRM cérébrale"),
    "cord": ("cord", "IRM médullaire"),
    "standard": ("standard programme", "protocole standard"),
    "reduced": ("reduced programme", "protocole réduit"),
    "unknown": ("indication unknown", "indication inconnue"),
    "nothing": ("neither brain nor cord recognised", "ni encéphale ni moelle reconnus"),
    "required": ("Required sequence", "Séquence requise"),
    "status": ("Status", "État"),
    "by": ("Series", "Série"),
    "why": ("Why", "Pourquoi"),
    "description": ("Description", "Description"),
    "identity": ("Recognised as", "Reconnue comme"),
    "images": ("Images", "Images"),
    "complete": ("Complete", "Complète"),
    "voxel": ("Voxel (mm)", "Voxel (mm)"),
    "findings": ("Findings", "Constats"),
    "study": ("Study", "Examen"),
    "series": ("Series", "Série"),
    "no_findings": ("Nothing to remark.", "Rien à signaler."),
    "yes": ("yes", "oui"),
    "no": ("no", "non"),
    "error": ("error", "erreur"),
    "warning": ("warning", "remarque"),
    "info": ("info", "info"),
    "patient": ("patient", "patient"),
    "no_patient": ("no patient ID", "pas d'identifiant"),
    "version": ("version", "version"),
}
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


def word(key: str, language: str) -> str:
    """A word of the report in a language; a key that is no word of ours stands for itself."""
    english, french = _WORDS.get(key, (key, key))
    return french if language == "fr" else english


def report(verdict: Verdict, language: str, *, every: bool = False) -> RenderableType:
    """The whole report; with `every`, passed checks and the evidence of recognition too."""
    verdict = from_json(legible(to_json(verdict)))
    parts: list[RenderableType] = [
        _heading(verdict, language),
        _requirements(verdict, language),
        _series(verdict, language),
        *_findings(verdict, language, every=every),
    ]
    if every:
        parts.extend(_evidence(verdict, language))
    return Padding(Group(*parts), (1, 1))


def conclusion(value: str, language: str) -> Text:
    """The one word, coloured."""
    return Text(f" {word(value, language).upper()} ", style=_CONCLUSION_STYLE[value])


def _heading(verdict: Verdict, language: str) -> RenderableType:
    study = verdict.study
    parts = " + ".join(word(p, language) for p in study.parts) or word("nothing", language)
    patient = study.patient_id or word("no_patient", language)
    return Group(
        Text.assemble(
            conclusion(verdict.verdict, language),
            (f"  {verdict.protocol.name.upper()} {verdict.protocol.edition}", "bold"),
            f" · {parts} · {word(study.programme, language)} · {word(study.indication, language)}",
        ),
        Text(
            f"{patient} · {study.study_date or '-'} · {study.study_instance_uid} · "
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
        if requirement.status != "not_applicable":
            table.add_row(*_requirement_row(requirement, numbers, language))
    return table if table.rows else Text("")


def _requirement_row(
    requirement: RequirementStatus, series: dict[str, SeriesVerdict], language: str
) -> tuple[Text, Text, str, str]:
    sign, style = _STATUS_STYLE[requirement.status]
    found = [series[uid] for uid in requirement.series if uid in series]
    return (
        Text(f"{sign} {requirement.label.in_language(language)}", style=style),
        Text(word(requirement.status, language), style=style),
        ", ".join(_number(s) for s in found),
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
        _number(series),
        series.description or "",
        f"{identity} ({series.identity.confidence:.0%})",
        str(series.instances),
        complete[series.complete],
        _voxel(series),
    )


def _voxel(series: SeriesVerdict) -> str:
    measured = series.measured
    pixel = measured.acquired_pixel_mm or measured.pixel_mm
    edges = [*(pixel or (None, None)), measured.slice_thickness_mm]
    if pixel is None and measured.slice_thickness_mm is None:
        return ""
    return " x ".join("?" if edge is None else f"{edge:.2f}" for edge in edges)


def _findings(verdict: Verdict, language: str, *, every: bool) -> Iterator[RenderableType]:
    shown = verdict.findings if every else verdict.troubles
    yield Text(word("findings", language), style="bold")
    if not shown:
        yield Text(f"  {word('no_findings', language)}", style="green")
    yield from _group(word("study", language), [f for f in shown if f.series is None], language)
    for series in verdict.series:
        title = f"{word('series', language)} {_number(series)}  {series.description or ''}"
        mine = [f for f in shown if f.series == series.series_instance_uid]
        yield from _group(title, mine, language)


def _group(title: str, findings: Sequence[Finding], language: str) -> Iterator[RenderableType]:
    if findings:
        yield Text(f"  {title}", style="bold")
        for finding in findings:
            yield from _finding(finding, language)


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
        quote = finding.quote.replace("**", "")
        yield Padding(Text(f"« {quote} »", style="dim italic"), (0, 0, 0, 6))


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
        yield Text(f"\n{word('series', language)} {_number(series)}  {series.description or ''}")
        for line in series.identity.evidence:
            yield Padding(Text(f"· {line}", style="dim"), (0, 0, 0, 4))


def _number(series: SeriesVerdict) -> str:
    return "-" if series.number is None else str(series.number)


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
