"""Images out of the archive, when their time is over; verdicts and facts stay."""

from ofsep_node.retention.dropping import Outcome, Retention
from ofsep_node.retention.files import NotOfTheArchive
from ofsep_node.retention.looking import Look, Schedule
from ofsep_node.retention.running import Rounds

__all__ = ["Look", "NotOfTheArchive", "Outcome", "Retention", "Rounds", "Schedule"]
