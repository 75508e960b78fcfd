"""The network out: what this node asks of other application entities."""

from ofsep_node.delivery.couriers import couriers
from ofsep_node.delivery.document import Courier
from ofsep_node.delivery.outbox import Deliveries, Patience
from ofsep_node.delivery.peer import Peer, echo
from ofsep_node.delivery.sending import Answer, Syntax, send_files, syntax_of
from ofsep_node.delivery.tls import client_context

__all__ = [
    "Answer",
    "Courier",
    "Deliveries",
    "Patience",
    "Peer",
    "Syntax",
    "client_context",
    "couriers",
    "echo",
    "send_files",
    "syntax_of",
]
