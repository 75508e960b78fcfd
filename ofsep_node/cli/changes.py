"""What differs between two versions of a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ofsep_node.cli.verdict import conclusion
from ofsep_node.cli.words import about, colon, day, indication, word
from ofsep_node.domain.labels import describe
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Finding, Verdict, finding_changes


def verdict_line(verdict: Verdict, language: str) -> Text:
    """Conclusion, study, state and version of a verdict."""
    study = verdict.study
    return Text.assemble(
        conclusion(verdict.verdict, language),
        f"  {study.patient_id or word('no_patient', language)} · {day(study.study_date, language)} · ",
        f"{study.study_instance_uid} · {word(verdict.state, language)}, ",
        f"{word('version', language)} {verdict.version}",
    )


def changes(before: Verdict | None, after: Verdict, language: str) -> Iterator[Text]:
    """What differs between two versions of a verdict, a line each."""
    if before is not None:
        yield from _rule_changes(before, after, language)
        yield from _summary_changes(before, after, language)
        yield from _identity_changes(before, after, language)
        yield from _requirement_changes(before, after, language)
    found = finding_changes(before.findings if before else (), after.findings)
    for finding in found.raised:
        yield Text(f"    + {_said(finding, after, language)}", style="yellow")
    for old, new in found.regraded:
        grades = f"{word(old.severity, language)} → {word(new.severity, language)}"
        yield Text(f"    {_said(new, after, language)}{colon(language)}{grades}")
    for finding in found.cleared:
        yield Text(f"    - {_said(finding, after, language)}", style="green")


def judged_by(verdict: Verdict, language: str) -> str:
    """The edition, the site whose file stands over it, and what tells both from any other."""
    rules = verdict.protocol
    edition = f"{rules.name.upper()} {rules.edition}"
    site = word("no_site", language) if rules.site is None else rules.site
    return f"{edition}, {site} ({rules.digest[:12]})"


def _rule_changes(before: Verdict, after: Verdict, language: str) -> Iterator[Text]:
    if before.protocol.digest != after.protocol.digest:
        old, new = (judged_by(verdict, language) for verdict in (before, after))
        yield Text(f"    {word('rules', language)}{colon(language)}{old} → {new}")


def _summary_changes(before: Verdict, after: Verdict, language: str) -> Iterator[Text]:
    for old, new in (
        (word(before.verdict, language), word(after.verdict, language)),
        (indication(before, language), indication(after, language)),
        (word(before.study.programme, language), word(after.study.programme, language)),
    ):
        if old != new:
            yield Text(f"    {old} → {new}")


def _requirement_changes(before: Verdict, after: Verdict, language: str) -> Iterator[Text]:
    known = {r.id: r.status for r in before.requirements}
    for requirement in after.requirements:
        old = known.get(requirement.id, requirement.status)
        if old != requirement.status:
            label = requirement.label.in_language(language)
            new = word(requirement.status, language)
            yield Text(f"    {label}{colon(language)}{word(old, language)} → {new}")


def _identity_changes(before: Verdict, after: Verdict, language: str) -> Iterator[Text]:
    for series in after.series:
        known = before.series_called(series.series_instance_uid)
        if known is None:
            continue
        old, new = (_described(s.identity, language) for s in (known, series))
        if old != new:
            yield Text(f"    {about(series, language)}{old} → {new}")


def _described(identity: SeriesIdentity, language: str) -> str:
    return describe(identity, "fr" if language == "fr" else "en")


def _said(finding: Finding, verdict: Verdict, language: str) -> str:
    series = verdict.series_called(finding.series)
    return f"{about(series, language)}{finding.message.in_language(language)}"
