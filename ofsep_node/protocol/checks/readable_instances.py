"""Objects that came with the study and could not be read: a check of the node's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import CheckNumbers, JudgedStudy, Observation


class ReadableInstances(CheckNumbers):
    """Every object that came with the study could be read, and so was judged."""

    kind: Literal["readable-instances"]

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Judge the study as soon as it has a series."""
        unreadable = study.study.unreadable
        if study.series:
            yield Observation(
                outcome="fail" if unreadable else "pass",
                measured=float(unreadable),
                expected=0.0,
                message=Message(
                    fr=f"{unreadable} objets reçus avec l'examen sont illisibles",
                    en=f"{unreadable} objects that came with the study are unreadable",
                ),
            )
