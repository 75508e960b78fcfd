"""What the intake is told of the node's settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ofsep_node.domain.routing import NOBODY, Routing
from ofsep_node.ownership import identity_of
from ofsep_node.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSettings:
    """What the intake needs to know of the node's settings.

    `identity` is the data folder's; `away_after_s` is how long the node may be silent before the
    others on its database go on without it.
    """

    spool: Path
    archive: Path
    quarantine: Path
    node: str
    identity: str
    language: str = "en"
    quiet_period_s: float = 60.0
    longest_s: float = 14_400.0
    routing: Routing = NOBODY
    provisional_after_s: float = 10.0
    away_after_s: float = 60.0
    patient_id_in_events: bool = False

    @classmethod
    def of(cls, settings: Settings) -> IntakeSettings:
        """The intake's part of all settings. Raises OSError when the data folder cannot be read."""
        return cls(
            spool=settings.spool,
            archive=settings.archive,
            quarantine=settings.quarantine,
            node=settings.node.name,
            identity=identity_of(settings.data),
            language=settings.node.language,
            quiet_period_s=settings.study.quiet_period_s,
            longest_s=settings.study.longest_s,
            routing=settings.routing,
            provisional_after_s=settings.delivery.provisional_after_s,
            away_after_s=settings.node.away_after_s,
            patient_id_in_events=settings.log.patient_id,
        )
