"""What the intake is told of the node's settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ofsep_node.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSettings:
    """What the intake needs to know of the node's settings."""

    spool: Path
    archive: Path
    quarantine: Path
    node: str
    language: str = "en"
    quiet_period_s: float = 60.0
    patient_id_in_events: bool = False

    @classmethod
    def of(cls, settings: Settings) -> IntakeSettings:
        """The intake's part of all settings."""
        return cls(
            spool=settings.spool,
            archive=settings.archive,
            quarantine=settings.quarantine,
            node=settings.node.name,
            language=settings.node.language,
            quiet_period_s=settings.study.quiet_period_s,
            patient_id_in_events=settings.log.patient_id,
        )
