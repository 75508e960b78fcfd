"""The network out: what this node asks of other application entities."""

from ofsep_node.delivery.peer import Peer, echo
from ofsep_node.delivery.sending import Answer, Origin, Syntax, send_each, send_files, syntax_of
from ofsep_node.delivery.tls import client_context

__all__ = [
    "Answer",
    "Origin",
    "Peer",
    "Syntax",
    "client_context",
    "echo",
    "send_each",
    "send_files",
    "syntax_of",
]
