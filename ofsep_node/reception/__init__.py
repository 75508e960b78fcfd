"""The network in: objects stream from the scanner to the spool, and nothing is parsed on the way.

One thread per association, blocking reads, no polling. Nothing here opens the database.
"""

from ofsep_node.reception.admission import Access
from ofsep_node.reception.listening import Entrance
from ofsep_node.reception.receiver import Home, Receiver

__all__ = ["Access", "Entrance", "Home", "Receiver"]
