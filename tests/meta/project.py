"""Where the project lies, and what of it a reader of the repository gets to see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "ofsep_node"
DOCS = ROOT / "docs"

BUILT = {".venv", ".uv", ".git", ".cache", ".hypothesis", "__pycache__", "var", "site", "dist"}
"""What .gitignore keeps out of the repository, and the repository's own, a file in a work tree."""


def modules() -> list[Path]:
    """Every module of the package, as a path."""
    return sorted(PACKAGE.rglob("*.py"))


def texts() -> Iterator[tuple[Path, str]]:
    """Every text of the repository: its path below the project, and what it says."""
    for path in _files(ROOT):
        try:
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in BUILT or path.name.endswith("_cache"):
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path
