"""What people and machines see of the node over HTTP. Nothing here is needed to receive images."""

from ofsep_node.web.application import application
from ofsep_node.web.facts import Facts, Place
from ofsep_node.web.server import serve

__all__ = ["Facts", "Place", "application", "serve"]
