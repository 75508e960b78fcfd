"""In words: what others ask of what the node holds, and fetch."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from ofsep_node.logs.phrases import LEVEL_STYLES, Line, either, warned

_LEVELS = {
    "STUDY": ("studies", "examens"),
    "SERIES": ("series", "séries"),
    "IMAGE": ("objects", "objets"),
}


def _answered(line: Line, language: str) -> Text:
    found = f"{line.get('matches', 0)} {either(language, *_LEVELS[line['of']])}"
    said = either(language, f"was told of {found}", f"a interrogé le nœud : {found}")
    return Text(f"◁ {line.get('peer', '?')} {said}{_cancelled(line, language)}", style="dim")


def _started(line: Line, language: str) -> Text:
    objects = f"{line['objects']} {either(language, 'objects', 'objets')}"
    said = either(language, f"fetches {objects}", f"récupère {objects}")
    return Text(f"◁ {line.get('peer', '?')} {said}{_to(line, language)}")


def _done(line: Line, language: str) -> Text:
    objects = f"{line.get('sent', 0)} {either(language, 'objects', 'objets')}"
    said = either(language, f"has got {objects}", f"a reçu {objects}")
    cancelled = _cancelled(line, language)
    return Text(f"◁ {_receiver(line)} {said}{cancelled}")


def _failed(line: Line, language: str) -> Text:
    sent, failed = line.get("sent", 0), line.get("failed", 0)
    said = either(
        language,
        f"has got {sent} objects, {failed} could not be sent",
        f"a reçu {sent} objets, {failed} n'ont pu être envoyés",
    )
    style = LEVEL_STYLES["warning"]
    return Text(f"! {_receiver(line)} {said} ({line.get('reason', '')})", style=style)


def _receiver(line: Line) -> str:
    return str(line.get("destination") or line.get("peer", "?"))


def _to(line: Line, language: str) -> str:
    if not line.get("destination"):
        return ""
    return either(language, f" for {line['destination']}", f" pour {line['destination']}")


def _cancelled(line: Line, language: str) -> str:
    if line.get("outcome") != "cancelled":
        return ""
    return either(language, ", and then cancelled it", ", puis a annulé")


RETRIEVAL_SAYINGS: dict[str, Callable[[Line, str], Text]] = {
    "query.answered": _answered,
    "query.refused": warned(
        "a query was refused", "interrogation refusée", "peer", "status", "reason"
    ),
    "query.unavailable": warned(
        "the records cannot be queried", "la base ne peut être interrogée", "peer", "reason"
    ),
    "retrieve.started": _started,
    "retrieve.done": _done,
    "retrieve.failed": _failed,
    "retrieve.object_failed": warned(
        "an object could not be sent", "un objet n'a pu être envoyé", "instance", "reason"
    ),
    "retrieve.unmade": warned(
        "a report that was asked for cannot be made",
        "un compte rendu demandé ne peut être établi",
        "kind",
        "study",
        "reason",
    ),
    "retrieve.unrecorded": warned(
        "who fetched a study could not be recorded",
        "la récupération d'un examen n'a pu être enregistrée",
        "peer",
        "reason",
    ),
}
