"""TLS by the BCP 195 RFC 8996, 9325 profile (PS3.15 section B.12), for whoever listens and calls.

TLS 1.2 and 1.3, nothing older. Only authenticated encryption with forward secrecy is offered, so
that no version or cipher suite can be negotiated down (what section B.10 called non-downgrading).
"""

from __future__ import annotations

import ssl

CIPHERS_OF_TLS_1_2 = tuple(
    f"ECDHE-{signature}-{encryption}"
    for encryption in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    for signature in ("ECDSA", "RSA")
)
"""RFC 9325 section 4.2, and its kin. Those of TLS 1.3 all qualify, and are OpenSSL's to order."""


def hold_to_profile(
    context: ssl.SSLContext, oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
) -> None:
    """Let a context speak nothing but the profile, and no version older than `oldest`."""
    context.minimum_version = oldest
    context.set_ciphers(":".join(CIPHERS_OF_TLS_1_2))
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
