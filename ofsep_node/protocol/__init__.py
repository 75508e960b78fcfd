"""What an edition of the protocol asks, and the judge that holds an examination against it."""

from ofsep_node.protocol.edition import Edition
from ofsep_node.protocol.judge import judge
from ofsep_node.protocol.loading import load_edition
from ofsep_node.protocol.memory import SeriesMemory

__all__ = ["Edition", "SeriesMemory", "judge", "load_edition"]
