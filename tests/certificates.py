"""Authorities and certificates for tests, made as they are needed; keys are of elliptic curves."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


class Certificates:
    """An authority of its own, and what it issued, as files in PEM."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._authority = trustme.CA()
        self.authority = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self.authority)

    def issue(self, name: str, days: float = 90, kind: str = "ECDSA") -> tuple[Path, Path]:
        """Certificate with its chain, and key, of `CN=name` at localhost; it expires in `days`."""
        expires = datetime.now(UTC) + timedelta(days=days)
        issued = self._authority.issue_cert(
            "localhost",
            "127.0.0.1",
            common_name=name,
            not_before=min(datetime.now(UTC), expires) - timedelta(days=1),
            not_after=expires,
            key_type=trustme.KeyType[kind],
        )
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(key)
        return certificate, key

    def client(self, of: tuple[Path, Path] | None = None) -> ssl.SSLContext:
        """A client that trusts the authority, with a certificate of its own or without."""
        context = ssl.create_default_context(cafile=self.authority)
        if of is not None:
            context.load_cert_chain(*of)
        return context
