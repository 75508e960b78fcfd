"""What the node says: one JSON line per event to a file, and to the terminal in words.

Every process of a node appends to the same file, a line in one write. The file may be moved away
or removed at any time (logrotate): the next line opens a new one.
"""

from ofsep_node.logs.configuration import LEVELS, configure_logs
from ofsep_node.logs.sentences import CONCLUSIONS, percent, sentence

__all__ = ["CONCLUSIONS", "LEVELS", "configure_logs", "percent", "sentence"]
