"""What the node says: one JSON line per event to a file, and to the terminal in words.

Every process of a node appends to the same file, a line in one write. The file may be moved away
or removed at any time (logrotate): the next line opens a new one. Who writes sets it up with
`ofsep_node.logs.configuration`; who reads it does not load what writing takes.
"""

from ofsep_node.logs.levels import LEVELS
from ofsep_node.logs.phrases import size
from ofsep_node.logs.sentences import CONCLUSIONS, percent, sentence

__all__ = ["CONCLUSIONS", "LEVELS", "percent", "sentence", "size"]
