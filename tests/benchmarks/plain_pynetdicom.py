"""pynetdicom as its documentation uses it for speed: the handler writes the bytes as they came.

Run with the folder to write to and the port to listen on.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event


def keep(event: Event) -> int:
    """Write one object with its head."""
    assert isinstance(event.request, C_STORE)
    path = Path(sys.argv[1]) / str(event.request.AffectedSOPInstanceUID)
    with path.open("wb") as file:
        file.write(event.encoded_dataset())
    return 0x0000


if __name__ == "__main__":
    entity = AE("OFSEP_NODE")
    entity.supported_contexts = AllStoragePresentationContexts
    entity.maximum_pdu_size = 131_072
    entity.start_server(("127.0.0.1", int(sys.argv[2])), evt_handlers=[(evt.EVT_C_STORE, keep)])
