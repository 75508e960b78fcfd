"""Whether the libraries of the extra `imaging` are there."""

from __future__ import annotations

from importlib.util import find_spec

from ofsep_node.errors import ImagingUnavailable

LIBRARIES = ("nilearn", "scipy")
"""What this package imports of them."""


def require() -> None:
    """Raises ImagingUnavailable, which says how to install them, when one is not there."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise ImagingUnavailable(
            f"measuring on the pixels needs {', '.join(missing)}: "
            "pip install 'ofsep-node[imaging]', or uv sync --extra imaging in a clone"
        )
