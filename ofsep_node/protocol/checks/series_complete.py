"""Completeness of a series, against what its headers announce."""

from __future__ import annotations

from typing import ClassVar, Literal

from ofsep_node.domain.completeness import Completeness
from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import CheckNumbers, JudgedSeries, Observation


class SeriesComplete(CheckNumbers):
    """No position, echo, direction or frame is missing of those announced."""

    mended_by_more_images: ClassVar[bool] = True

    kind: Literal["series-complete"]

    def observe(self, series: JudgedSeries) -> Observation:
        """Judge one series."""
        found = series.completeness
        return Observation(
            outcome=_OUTCOMES[found.complete],
            measured=float(found.images),
            expected=None if found.announced is None else float(found.announced),
            unit="slices",
            message=_message(found),
        )


_OUTCOMES: dict[bool | None, Literal["pass", "fail", "undetermined"]] = {
    True: "pass",
    False: "fail",
    None: "undetermined",
}


def _message(found: Completeness) -> Message:
    if found.complete:
        return Message(
            fr=f"Série complète : {found.images} images",
            en=f"Series complete: {found.images} images",
        )
    if found.complete is None:
        return Message(
            fr=f"{found.images} coupes sans lacune, mais l'en-tête n'annonce pas leur nombre",
            en=f"{found.images} slices without a hole, but the header does not announce how many",
        )
    return Message(
        fr="Série incomplète : " + " ; ".join(f.fr for f in found.faults),
        en="Series incomplete: " + "; ".join(f.en for f in found.faults),
    )
