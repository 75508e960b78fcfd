"""The TLS port: our certificate and its key, whom we trust, and what a handshake agreed upon."""

from __future__ import annotations

import hashlib
import re
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from cryptography import x509

from ofsep_node.errors import SettingsError
from ofsep_node.settings import TLSSection
from ofsep_node.tls import hold_to_profile

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_CLIENT_CERTIFICATE = {
    "none": ssl.CERT_NONE,
    "optional": ssl.CERT_OPTIONAL,
    "required": ssl.CERT_REQUIRED,
}
_TROUBLES = {
    "WRONG_VERSION_NUMBER": "the peer does not speak TLS, and must send to the port without",
    "HTTP_REQUEST": "the peer does not speak TLS, and asks for a web page",
    "UNSUPPORTED_PROTOCOL": "the peer speaks no version of TLS that this node does",
    "NO_SHARED_CIPHER": "the peer has no cipher suite that this node has",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the peer shows no certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "the peer does not trust the authority of our certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the peer says that our certificate has expired",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the peer refuses our certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the peer refuses our certificate",
}
"""OpenSSL's reasons in the words of whoever must mend them."""

_SHA256 = re.compile(r"sha256:([0-9a-f]{2}:?){32}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Secured:
    """What a handshake agreed upon; the peer's certificate is in DER, empty when it showed none."""

    version: str
    cipher: str
    certificate: bytes

    @classmethod
    def of(cls, connection: ssl.SSLSocket) -> Secured:
        """Of a connection whose handshake is over."""
        cipher = connection.cipher()
        return cls(
            connection.version() or "",
            cipher[0] if cipher else "",
            connection.getpeercert(binary_form=True) or b"",
        )

    @property
    def subject(self) -> str:
        """The subject of the peer's certificate as RFC 4514 writes it; empty without one."""
        try:
            return _subject(x509.load_der_x509_certificate(self.certificate))
        except ValueError:  # none, or one that OpenSSL reads and this library does not
            return ""

    def is_of(self, name: str) -> bool:
        """Whether the peer showed the certificate of that subject or `sha256:` fingerprint."""
        if not self.certificate:
            return False
        if _SHA256.fullmatch(name):
            digits = name.lower().removeprefix("sha256:").replace(":", "")
            return hashlib.sha256(self.certificate).hexdigest() == digits
        return self.subject == _in_order(name)


def handshake_trouble(error: ssl.SSLError) -> str:
    """Why a handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of the peer is refused: {error.verify_message}"
    reason = error.reason or str(error)
    return _TROUBLES.get(reason, reason.replace("_", " ").lower())


def is_certificate_name(name: str) -> bool:
    """Whether `Secured.is_of` understands a name."""
    return bool(_SHA256.fullmatch(name)) or bool(_in_order(name))


def _in_order(name: str) -> str:
    try:
        return x509.Name.from_rfc4514_string(name).rfc4514_string()
    except ValueError:
        return ""


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


def server_context(section: TLSSection) -> ssl.SSLContext | None:
    """The context of the TLS port, None when no certificate is configured.

    Raises SettingsError that names the setting and the file.
    """
    if section.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    hold_to_profile(context, _VERSIONS[section.minimum_version])
    # An end without close_notify cuts nothing off unseen: PDUs have lengths, associations a release.
    # Otherwise OpenSSL takes it for a broken session, over which no A-ABORT can be sent.
    context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    own_certificate(section.certificate)
    _load_chain(context, section.certificate, section.key)
    if section.trusted is not None:
        _load_trusted(context, section.trusted)
    context.verify_mode = _CLIENT_CERTIFICATE[section.client_certificate]
    return context


def own_certificate(file: Path) -> x509.Certificate:
    """The first certificate of a file in PEM. Raises SettingsError."""
    try:
        return x509.load_pem_x509_certificates(_bytes("certificate", file))[0]
    except ValueError as error:
        raise SettingsError(f"[tls] certificate: {file}: no certificate in PEM: {error}") from None


def days_left(certificate: x509.Certificate, now: datetime | None = None) -> float:
    """Until the certificate expires; negative when it has."""
    left = certificate.not_valid_after_utc - (now or datetime.now(UTC))
    return left.total_seconds() / 86_400


def _bytes(setting: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"[tls] {setting}: {file}: cannot be read: {error.strerror}") from None


def _load_chain(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    holder = key or certificate
    _bytes("key", holder)
    try:
        context.load_cert_chain(certificate, key, password=lambda: _refuse_encrypted(holder))
    except OSError as error:
        reason = _reason(error)
        trouble = (
            f"is not the key of {certificate}"
            if reason == "KEY_VALUES_MISMATCH"
            else f"no private key in PEM, or its certificate is of no use: {reason}"
        )
        raise SettingsError(f"[tls] key: {holder}: {trouble}") from None


def _refuse_encrypted(key: Path) -> NoReturn:
    raise SettingsError(
        f"[tls] key: {key}: is encrypted, and a service has nobody to ask for its password; "
        "write it without (openssl pkey) and let only the node's user read it"
    )


def _load_trusted(context: ssl.SSLContext, file: Path) -> None:
    _bytes("trusted", file)
    try:
        context.load_verify_locations(cafile=file)
    except OSError as error:
        raise SettingsError(
            f"[tls] trusted: {file}: no certificates in PEM: {_reason(error)}"
        ) from None


def _reason(error: OSError) -> str:
    """OpenSSL's, or the system's when a file is exchanged at this moment."""
    return (error.reason if isinstance(error, ssl.SSLError) else error.strerror) or str(error)
