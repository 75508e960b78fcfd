"""Our side of a TLS connection to another application entity (PS3.15 section B.12)."""

from __future__ import annotations

import ssl
from pathlib import Path

from ofsep_node.errors import SettingsError
from ofsep_node.tls import hold_to_profile


def client_context(
    authority: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """A context that trusts an authority, or those of this machine, and may show a certificate.

    The peer's certificate must name the host that is called. Raises SettingsError.
    """
    try:
        context = ssl.create_default_context(cafile=authority)
        hold_to_profile(context)
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except OSError as error:
        named = ", ".join(str(file) for file in (authority, certificate, key) if file)
        reason = getattr(error, "reason", None) or error.strerror
        raise SettingsError(f"{named}: cannot be used for TLS: {reason}") from None
    return context
