"""What the node holds, found and fetched by others: Study Root Query/Retrieve (PS3.4 annex C).

`StudyRoot` answers what reception hands to it. It reads the records and the archive, and writes
neither; whatever is wrong with one of them is an answer to the peer that asks.
"""

from ofsep_node.retrieval.service import Holdings, StudyRoot

__all__ = ["Holdings", "StudyRoot"]
