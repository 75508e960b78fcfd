"""Witnesses, and how what they say becomes one conclusion.

A witness supports one or several claims with a weight from 0 to 1: how often it can be trusted
when it speaks alone. Independent witnesses add up as 1 - product(1 - weight); those that
contradict the conclusion take part of its confidence away, and are kept with it.

What a confidence stands for, where the identity gives one:

- from 0.6: at least two independent witnesses agree (times, a vendor's name, words, ImageType,
  geometry), and nothing of weight contradicts them;
- from 0.4 to 0.6: one strong witness, or several that a part of the header contradicts, or a header
  that withholds what could have contradicted (its names, its ImageType);
- below 0.4: a single weak witness, or the organ is not known.

Times that several kinds of images share (a T1 without preparation and phase contrast, a T2 and a
FLAIR that lost its inversion time) weigh less than `ENOUGH`: they conclude nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ofsep_node.domain.verdict import Message
from ofsep_node.recognition.said import said

ENOUGH = 0.38
"""Less support than this is no conclusion: "unknown"."""

MARGIN = 0.05
"""Two claims nearer than this are a draw: "unknown"."""

DISCREDIT = 0.6
"""What a certain contradiction takes from the confidence (as a fraction of it)."""


DIFFUSION_MAPS = ("adc", "fa")
"""Maps keep the names and attributes of the diffusion images that they were made from."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Something in the header that supports any of `claims`, and why, as a readable fragment.

    `allows` are claims that it does not support, but does not contradict either. A decisive
    witness (ImageType MPR, the word TOF) leaves no other claim a chance: what the images were
    made from, or look like by their times, cannot outvote it.
    """

    claims: tuple[str, ...]
    weight: float
    because: Message
    allows: tuple[str, ...] = ()
    decisive: bool = False

    def contradicts(self, claim: str) -> bool:
        """The witness speaks for something that `claim` excludes."""
        return claim not in self.claims and claim not in self.allows


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the witnesses come to, from 0 (nothing known) to 1 (certain)."""

    claim: str = "unknown"
    confidence: float = 0.0
    evidence: tuple[Message, ...] = ()
    disputed: bool = False  # something in the header contradicts it


def joined(weights: Iterable[float]) -> float:
    """The weight of independent witnesses that say the same."""
    doubt = 1.0
    for weight in weights:
        doubt *= 1.0 - weight
    return 1.0 - doubt


def conclude(witnesses: Sequence[Witness]) -> Conclusion:
    """The best supported claim, or "unknown" when support is thin or two claims draw."""
    support = {
        claim: joined(w.weight for w in witnesses if claim in w.claims)
        for claim in sorted({c for w in _deciding(witnesses) for c in w.claims})
    }
    ranked = sorted(support, key=lambda claim: -support[claim])
    if not ranked or support[ranked[0]] < ENOUGH:
        return Conclusion(evidence=_all_of(witnesses))
    if len(ranked) > 1 and support[ranked[0]] - support[ranked[1]] < MARGIN:
        return Conclusion(evidence=_all_of(witnesses))
    return _held(ranked[0], support[ranked[0]], witnesses)


def _deciding(witnesses: Sequence[Witness]) -> Sequence[Witness]:
    """Those whose claims may win: the decisive ones, where there are any."""
    return [w for w in witnesses if w.decisive] or witnesses


def _held(claim: str, support: float, witnesses: Sequence[Witness]) -> Conclusion:
    agreeing = _by_weight(w for w in witnesses if claim in w.claims)
    contrary = _by_weight(w for w in witnesses if w.contradicts(claim))
    confidence = support * (1.0 - DISCREDIT * joined(w.weight for w in contrary))
    evidence = [w.because for w in agreeing] + [said("against: {}", w.because) for w in contrary]
    return Conclusion(claim, round(confidence, 3), tuple(evidence), disputed=bool(contrary))


def _by_weight(witnesses: Iterable[Witness]) -> list[Witness]:
    return sorted(witnesses, key=lambda w: -w.weight)


def _all_of(witnesses: Sequence[Witness]) -> tuple[Message, ...]:
    return tuple(said("not conclusive: {}", w.because) for w in _by_weight(witnesses))
