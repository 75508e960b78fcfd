"""What is asked of a dummy run only: no identifying data (DR-2), and a DICOMDIR (DR-3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message, Outcome
from ofsep_node.protocol.checks.observation import CheckNumbers, JudgedStudy, Observation


class NoIdentifyingData(CheckNumbers):
    """No image carries directly identifying data. Attributes are named, their values never."""

    kind: Literal["no-identifying-data"]
    indication: str

    def asks(self, _: SeriesIdentity) -> Message:
        return Message(
            fr="données directement nominatives supprimées", en="directly identifying data removed"
        )

    def indications_named(self) -> tuple[str, ...]:
        return (self.indication,)

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Nothing unless the examination is a dummy run."""
        if study.indication != self.indication or not study.series:
            return
        found = ", ".join(study.study.identifying)
        yield Observation(
            outcome="fail" if found else "pass",
            measured=found or None,
            message=Message(
                fr=f"Données nominatives à supprimer : {found}",
                en=f"Identifying data to be removed: {found}",
            )
            if found
            else Message(
                fr="Aucune donnée directement nominative", en="No directly identifying data"
            ),
        )


class Dicomdir(CheckNumbers):
    """The export has a DICOMDIR (PS3.10 section 8)."""

    kind: Literal["dicomdir"]
    indication: str

    def asks(self, _: SeriesIdentity) -> Message:
        return Message(fr="DICOMDIR dans l'export", en="a DICOMDIR in the export")

    def indications_named(self) -> tuple[str, ...]:
        return (self.indication,)

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Nothing unless the examination is a dummy run; what the network brought has none."""
        if study.indication != self.indication or not study.series:
            return
        there = study.study.dicomdir
        outcome, message = _DICOMDIR[there]
        yield Observation(outcome=outcome, message=message, measured=there, expected=True)


_THERE = Message(fr="L'export contient un DICOMDIR", en="The export has a DICOMDIR")
_ABSENT = Message(fr="L'export ne contient pas de DICOMDIR", en="The export has no DICOMDIR")
_NETWORK = Message(
    fr="Reçu par le réseau : le DICOMDIR ne concerne qu'un export",
    en="Received over the network: only an export has a DICOMDIR",
)

_DICOMDIR: dict[bool | None, tuple[Outcome, Message]] = {
    True: ("pass", _THERE),
    False: ("fail", _ABSENT),
    None: ("not_applicable", _NETWORK),
}
