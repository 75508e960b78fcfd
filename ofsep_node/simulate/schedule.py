"""When each sequence of an examination runs, and when the contrast agent is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ofsep_node.simulate.examination import Examination, Sequence
from ofsep_node.simulate.injection import Agent, given

PAUSE_S = 25.0
"""Between two sequences: shimming, and the operator's time."""

INJECTING_S = 60.0
"""To connect the syringe, inject and flush."""

REPOSITIONING_S = 90.0
"""From one part of the body to the next."""


def scheduled(
    examination: Examination,
    sequences: Iterable[Sequence],
    agent: Agent | None = None,
    before: str = "",
) -> Examination:
    """The examination with these sequences, numbered, one after the other.

    With an agent, it is given just before the sequence of the key `before`. What is computed has
    the time of what it is computed from. `gadolinium` becomes what the times make of it.
    """
    timed = tuple(_timed(sequences, before if agent else ""))
    start_s = next((s.start_s - INJECTING_S for s in timed if s.key == before), None)
    injection = None
    if agent is not None and start_s is not None:
        injection = given(agent, examination.patient.weight_kg, start_s)
    planned = replace(examination, sequences=timed, injection=injection)
    return replace(planned, sequences=tuple(_enhanced(planned)))


def _timed(sequences: Iterable[Sequence], injected_before: str) -> Iterator[Sequence]:
    clock = PAUSE_S
    starts: dict[str, float] = {}
    organ = None
    for number, sequence in enumerate(sequences, start=1):
        clock += INJECTING_S if sequence.key == injected_before else 0
        clock += REPOSITIONING_S if organ not in (None, sequence.organ) else 0
        source = sequence.derived_from or ""
        start = starts.get(source, clock)
        starts[sequence.key] = start
        organ = sequence.organ
        yield replace(sequence, number=number, start_s=start)
        clock += 0 if source in starts else sequence.duration_s + PAUSE_S


def _enhanced(examination: Examination) -> Iterator[Sequence]:
    for sequence in examination.sequences:
        after = examination.injection_of(sequence) is not None
        yield replace(sequence, gadolinium="yes" if after else "no")
