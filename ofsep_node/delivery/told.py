"""The verdict as programs read it and as people read it, with no more of the patient than is wanted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ofsep_node.delivery.document import Document
from ofsep_node.domain.routing import Sender
from ofsep_node.domain.text import legible
from ofsep_node.domain.verdict import Finding, Verdict
from ofsep_node.logs import CONCLUSIONS
from ofsep_node.records.documents import from_json

_WORDS = {
    "so far": ("so far", "à ce stade"),
    "missing": ("Missing", "Manque"),
    "problems": ("To see to", "À voir"),
    "none": ("Nothing to see to.", "Rien à signaler."),
    "study": ("Study", "Examen"),
    "sender": ("Sent by", "Envoyé par"),
    "patient": ("Patient ID", "Identifiant du patient"),
    "date": ("Date", "Date"),
    "version": ("version", "version"),
    "series": ("series", "série"),
}


def as_json(document: Mapping[str, Any], *, patient_id: bool) -> Document:
    """The published document of a version (docs/reference/verdict.schema.json)."""
    document = dict(document)
    if not patient_id:
        document |= {"study": document["study"] | {"patient_id": None}}
    content = json.dumps(document, ensure_ascii=False).encode()
    return Document(content, "application/json")


def as_text(
    document: Mapping[str, Any], sender: Sender, language: str, *, patient_id: bool
) -> Document:
    """A message of a few lines: the conclusion, what is missing, what is wrong.

    Raises UnreadableDocument.
    """
    verdict = from_json(legible(document))
    lines = [_subject(verdict, language), "", *_troubles(verdict, language), ""]
    lines += _about(verdict, sender, language, patient_id=patient_id)
    return Document(
        "\n".join(lines).encode() + b"\n", "text/plain", subject=_subject(verdict, language)
    )


def _word(key: str, language: str) -> str:
    return (CONCLUSIONS | _WORDS)[key][language == "fr"]


def _subject(verdict: Verdict, language: str) -> str:
    said = _word(verdict.verdict, language).capitalize()
    rules = verdict.protocol
    so_far = f" {_word('so far', language)}" if verdict.state == "receiving" else ""
    return f"{said}{so_far} ({rules.name.upper()} {rules.edition})"


def _troubles(verdict: Verdict, language: str) -> Iterator[str]:
    colon = " :" if language == "fr" else ":"
    missing = [r.label.in_language(language) for r in verdict.missing]
    if missing:
        yield f"{_word('missing', language)}{colon} {', '.join(missing)}"
    problems = [f for f in verdict.troubles if not f.pending]
    if problems:
        yield f"{_word('problems', language)}{colon}"
        yield from (f"- {_problem(verdict, f, language)}" for f in problems)
    if not missing and not problems:
        yield _word("none", language)


def _problem(verdict: Verdict, finding: Finding, language: str) -> str:
    said = finding.message.in_language(language)
    series = verdict.series_called(finding.series)
    if series is None:
        return said
    colon = " :" if language == "fr" else ":"
    return f"{_word('series', language)} {series.named(language)}{colon} {said}"


def _about(verdict: Verdict, sender: Sender, language: str, *, patient_id: bool) -> Iterator[str]:
    colon = " :" if language == "fr" else ":"
    study = verdict.study
    told = {
        "patient": study.patient_id if patient_id else None,
        "date": study.study_date,
        "sender": legible(sender.ae_title),
        "study": f"{study.study_instance_uid}, {_word('version', language)} {verdict.version}",
    }
    for key, value in told.items():
        if value:
            yield f"{_word(key, language)}{colon} {value}"
