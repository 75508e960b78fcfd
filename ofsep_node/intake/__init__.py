"""From the spool to a recorded verdict: files, facts, records, judgement, events."""

from ofsep_node.intake.loop import Intake
from ofsep_node.intake.presence import Presence
from ofsep_node.intake.settings import IntakeSettings

__all__ = ["Intake", "IntakeSettings", "Presence"]
