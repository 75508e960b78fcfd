"""A file of which only so much is read: what a sender can make pydicom build is bounded.

pydicom makes an object of each element and of each sequence item, however empty. A file of eight
megabytes may announce a million items, one of four gigabytes hundreds of millions of elements, and
the memory they would take is that of the whole machine. Each costs at least one read, whatever the
encoding, nesting or order: so it is the reads that are counted.
"""

from __future__ import annotations

from typing import BinaryIO, cast

RATION = 4_000_000
"""Some two million elements or 400,000 items, which take half a gigabyte. An enhanced object of
12,000 frames needs three quarters of it.
"""

_ITEM_COSTS = 9
"""An empty item takes some 1,000 bytes, an empty element 220, at two reads each."""

_ITEMS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")


class TooManyParts(Exception):
    """A header has more elements and sequence items than this node reads."""


def rationed(stream: BinaryIO) -> BinaryIO:
    """The stream, which raises TooManyParts when its ration is used up."""
    return cast("BinaryIO", _Rationed(stream))


class _Rationed:
    """As much of a binary stream as pydicom reads from."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = RATION

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self._left -= _ITEM_COSTS if data[:4] in _ITEMS else 1
        if self._left < 0:
            raise TooManyParts("more elements and sequence items than this node reads")
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self, /) -> int:
        return self._stream.tell()
