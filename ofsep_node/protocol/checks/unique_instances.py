"""No two different objects under one SOP Instance UID: a check of the node's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import CheckNumbers, JudgedStudy, Observation


class UniqueInstances(CheckNumbers):
    """Every SOP Instance UID came with one content only."""

    kind: Literal["unique-instances"]

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Judge the study as soon as it has a series."""
        conflicts = len(study.study.conflicts)
        if study.series:
            yield Observation(
                outcome="fail" if conflicts else "pass",
                measured=float(conflicts),
                expected=0.0,
                message=Message(
                    fr=f"SOP Instance UID reçus avec des contenus différents : {conflicts}",
                    en=f"SOP Instance UIDs that came with different contents: {conflicts}",
                ),
            )
