"""Gadolinium before the 3D FLAIR, when it is given (GD-8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message, Outcome
from ofsep_node.protocol.checks.injection import began, ended, enhanced, injected
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
)
from ofsep_node.protocol.selector import Selector


class GadoliniumBeforeFlair(CheckNumbers):
    """The injection came before one of the series of `flair`.

    Told by the time of the injection, by what the FLAIR says of itself, or by the order of
    series: one made after gadolinium before the FLAIR, or one made without it after the FLAIR.
    """

    mended_by_more_images: ClassVar[bool] = True

    kind: Literal["gadolinium-before-flair"]
    flair: Selector

    def asks(self, _: SeriesIdentity) -> Message:
        return Message(
            fr="gadolinium injecté avant le 3D FLAIR", en="gadolinium before the 3D FLAIR"
        )

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Nothing unless gadolinium was given and there is such a FLAIR."""
        flairs = [s for s in study.series if self.flair.accepts(s.identity)]
        if flairs and enhanced(study.series):
            outcome = _best([_outcome(one, study.series) for one in flairs])
            yield Observation(
                outcome=outcome, expected="gadolinium before FLAIR", message=_WORDS[outcome]
            )


def _best(outcomes: Sequence[Outcome]) -> Outcome:
    """One FLAIR after gadolinium is enough; one that may be keeps the answer open."""
    order: tuple[Outcome, ...] = ("pass", "undetermined", "fail")
    return next(o for o in order if o in outcomes)


def _outcome(flair: JudgedSeries, series: Sequence[JudgedSeries]) -> Outcome:
    start = began(flair)
    starts = [i for i in map(injected, series) if i is not None]
    if flair.identity.gadolinium == "yes":
        return "pass"
    if start is None:
        return "fail" if flair.identity.gadolinium == "no" else "undetermined"
    over = [ended(s) for s in enhanced(series)]
    if any(i <= start for i in starts) or any(e is not None and e <= start for e in over):
        return "pass"
    plain = [began(s) for s in series if _is_before_gadolinium(s)]
    later = any(p is not None and p > start for p in plain)
    return "fail" if starts or later or flair.identity.gadolinium == "no" else "undetermined"


def _is_before_gadolinium(series: JudgedSeries) -> bool:
    identity = series.identity
    return (
        identity.weighting == "t1" and identity.gadolinium == "no" and identity.role == "original"
    )


_WORDS: dict[Outcome, Message] = {
    "pass": Message(
        fr="Gadolinium injecté avant le 3D FLAIR", en="Gadolinium was given before the 3D FLAIR"
    ),
    "fail": Message(
        fr="Gadolinium injecté après le 3D FLAIR ; idéalement avant",
        en="Gadolinium was given after the 3D FLAIR; ideally before it",
    ),
    "undetermined": Message(
        fr="Gadolinium avant le 3D FLAIR : ni l'heure de l'injection (ContrastBolusStartTime) ni "
        "l'ordre des séries (AcquisitionTime) ne le disent",
        en="Gadolinium before the 3D FLAIR: neither the time of the injection "
        "(ContrastBolusStartTime) nor the order of the series (AcquisitionTime) tells",
    ),
}
