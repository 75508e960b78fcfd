"""What is dropped from the archive, in words."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from ofsep_node.logs.phrases import Line, either, size, warned

_BECAUSE = {
    "age": ("their time is over", "leur temps est écoulé"),
    "watermark": ("the disk is nearly full", "le disque est presque plein"),
    "request": ("asked for by {}", "à la demande de {}"),
}


def _dropped(line: Line, language: str) -> Text:
    objects, because = line["objects"], either(language, *_BECAUSE[str(line["because"])])
    said = either(
        language,
        f"{objects} objects dropped from the archive, verdict kept",
        f"{objects} objets retirés de l'archive, verdict conservé",
    )
    reason = f"{size(line['bytes'], language)}, {because.format(line.get('by', '?'))}"
    return Text(f"◇ {said} ({reason})  {line.get('study', '')}")


RETENTION_SAYINGS: dict[str, Callable[[Line, str], Text]] = {
    "study.images_dropped": _dropped,
    "archive.full": warned(
        "the archive's disk is nearly full, and nothing more may be dropped",
        "le disque de l'archive est presque plein, et plus rien ne peut être retiré",
        "archive",
        "kept",
    ),
    "retention.waiting": warned(
        "nothing can be dropped from the archive for the moment",
        "rien ne peut être retiré de l'archive pour le moment",
        "reason",
    ),
    "retention.refused": warned(
        "the files of a study are not removed",
        "les fichiers d'un examen ne sont pas retirés",
        "study",
        "reason",
    ),
    "retention.unexpected": warned(
        "images could not be dropped by a defect of this program",
        "des images n'ont pu être retirées, par un défaut de ce programme",
        "study",
    ),
}
