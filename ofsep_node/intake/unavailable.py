"""What the intake waits for: a database, an archive, a spool that cannot be worked on now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ofsep_node.errors import NodeError, RecordsError


class ArchiveUnavailable(Exception):
    """Archive, quarantine or spool cannot be worked on; the spool keeps the objects."""


UNAVAILABLE = (RecordsError, ArchiveUnavailable)


@contextlib.contextmanager
def files(trouble: str) -> Iterator[None]:
    """Work on folders of the node; what goes wrong with them is ArchiveUnavailable."""
    try:
        yield
    except NodeError as error:  # says by itself what is wrong
        raise ArchiveUnavailable(str(error)) from error
    except OSError as error:
        raise ArchiveUnavailable(f"{trouble}: {error}") from error
