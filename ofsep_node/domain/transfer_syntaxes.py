"""Transfer syntaxes that more than one part of the node speaks of (PS3.6 table A-1)."""

from __future__ import annotations

_JPIP = "1.2.840.10008.1.2.4."

PIXELS_ELSEWHERE = {
    _JPIP + "94": "JPIP Referenced",
    _JPIP + "95": "JPIP Referenced Deflate",
    _JPIP + "204": "JPIP HTJ2K Referenced",
    _JPIP + "205": "JPIP HTJ2K Referenced Deflate",
}
"""Here the object holds the address of its pixels, not the pixels."""
