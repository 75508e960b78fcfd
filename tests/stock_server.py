"""pynetdicom's own server, as its documentation writes one: what ours is measured against."""

from __future__ import annotations

import contextlib
import json
import signal
import ssl
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, cast

from pynetdicom import AE, AllStoragePresentationContexts, _config, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu import A_RELEASE_RQ
from pynetdicom.transport import AssociationServer

from ofsep_node.reception.policy import VERIFICATION
from tests.receiver_process import ServerProcess, limit_file_size, server_process


def stock_server(folder: Path, **options: Any) -> contextlib.AbstractContextManager[ServerProcess]:
    """The stock server on a folder.

    Options: `maximum_associations`, `timeout_s`, `chunked`, `every_class` (unrestricted storage),
    `file_limit` (bytes), `tls` (certificate and key), `made` (by make_server), `aborts_releases` (in a handler, as one does that
    has found the objects wanting).
    """
    return server_process("tests.stock_server", folder, **options)


def handle_store(event: evt.Event, folder: Path) -> int:
    """The handler of pynetdicom's examples: decode, save under the UID."""
    dataset, request = event.dataset, cast("C_STORE", event.request)
    dataset.file_meta = event.file_meta
    dataset.save_as(folder / f"{request.AffectedSOPInstanceUID}.dcm")
    return 0x0000


def keep_chunked(event: evt.Event, folder: Path) -> int:
    """The handler of chunked mode: the object is in a temporary file already."""
    event.dataset_path.rename(folder / f"{event.request.MessageID}.dcm")
    return 0x0000


def abort_release(event: evt.Event) -> None:
    """A handler that does not let its peer go in peace."""
    if isinstance(event.pdu, A_RELEASE_RQ):
        event.assoc.abort()


def main(folder: Path, options: dict[str, Any]) -> None:
    """Be that server, until SIGTERM."""
    _config.STORE_RECV_CHUNKED_DATASET = options.get("chunked", False)
    _config.UNRESTRICTED_STORAGE_SERVICE = options.get("every_class", False)
    tempfile.tempdir = str(folder)
    if options.get("file_limit"):
        limit_file_size(options["file_limit"])
    handler = keep_chunked if options.get("chunked") else handle_store
    handlers: list[Any] = [(evt.EVT_C_STORE, handler, [folder])]
    if options.get("aborts_releases"):
        handlers.append((evt.EVT_PDU_RECV, abort_release))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    _serve(_entity(options), handlers, options, stop)


def _entity(options: dict[str, Any]) -> AE:
    ae = AE(ae_title="OFSEP_NODE")
    ae.supported_contexts = AllStoragePresentationContexts
    ae.add_supported_context(VERIFICATION)
    ae.maximum_associations = options.get("maximum_associations", 10)
    timeout_s = options.get("timeout_s", 30)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = timeout_s
    return ae


def _context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def _serve(ae: AE, handlers: list[Any], options: dict[str, Any], stop: threading.Event) -> None:
    address = ("127.0.0.1", 0)
    secured = _context(*options["tls"]) if options.get("tls") else None
    if options.get("made"):
        server: AssociationServer | None = ae.make_server(address, evt_handlers=handlers)
        assert server is not None
        threading.Thread(target=server.serve_forever, daemon=True).start()
    else:
        server = ae.start_server(address, block=False, ssl_context=secured, evt_handlers=handlers)
    assert server is not None
    print(server.server_address[1], flush=True)  # noqa: T201
    stop.wait()
    if options.get("made"):
        server.shutdown()
    else:
        ae.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
