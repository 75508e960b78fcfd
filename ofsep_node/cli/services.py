"""What peers told of a study's steps, asked of its objects, and fetched, for `ofsep-node show`."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from ofsep_node.cli.words import colon, moment, word
from ofsep_node.domain.performed_step import PerformedStep
from ofsep_node.domain.text import legible
from ofsep_node.records.commitments import CommitmentEntry
from ofsep_node.records.retrievals import RetrievalEntry


def print_services(
    console: Console,
    steps: Iterable[PerformedStep],
    commitments: Iterable[CommitmentEntry],
    retrievals: Iterable[RetrievalEntry],
    language: str,
) -> None:
    """One line for each step, request for storage commitment, and who fetched; else nothing."""
    for step in steps:
        console.print(_step(step, language))
    for commitment in commitments:
        console.print(_commitment(commitment, language))
    for retrieval in retrievals:
        console.print(_retrieval(retrieval, language))


def _step(step: PerformedStep, language: str) -> Text:
    said = f"{word('step', language)} {step.sop_instance_uid}{colon(language)}"
    said += word(step.status, language)
    if step.reason:
        said += f" ({legible(step.reason)})"
    announced = sum(one.announced for one in step.series)
    if announced:
        counted = word("announced", language).format(announced - step.missing, announced)
        said += f", {counted}"
    is_well = not step.missing and step.status != "DISCONTINUED"
    return Text(said, "" if is_well else "yellow")


def _commitment(entry: CommitmentEntry, language: str) -> Text:
    said = f"{word('commitment', language)} {legible(entry.calling_ae_title)}{colon(language)}"
    if entry.state != "asked":
        said += word("committed", language).format(entry.committed, entry.asked) + ", "
    at = entry.ended_at or entry.asked_at
    said += f"{word(f'commitment {entry.state}', language)} {moment(at, language, '%H:%M:%S')}"
    if entry.problem:
        said += f" ({legible(entry.problem)})"
    is_well = entry.committed == entry.asked and not entry.problem
    return Text(said, "" if is_well else "yellow")


def _retrieval(entry: RetrievalEntry, language: str) -> Text:
    last = entry.last
    peer, destination = legible(last.peer), legible(last.destination)
    how = "moved" if destination else "fetched"
    said = word(how, language).format(peer=peer, destination=destination) + colon(language)
    if last.sent is not None and last.failed is not None:
        said += word("sent", language).format(last.sent, last.sent + last.failed) + ", "
    said += moment(entry.at, language, "%H:%M:%S")
    if entry.times > 1:
        said += word("times", language).format(entry.times)
    return Text(said, "yellow" if last.failed else "")
