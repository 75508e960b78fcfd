"""Reads an edition and, over it, a site's adaptations. Errors name file and line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ofsep_node.errors import EditionError
from ofsep_node.protocol.edition import Edition
from ofsep_node.protocol.site import adapted_content, explained
from ofsep_node.protocol.written import Written, in_order, read

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "_config"
CONFIG = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "config"
"""What ships as configuration: inside the package when installed, beside it in a checkout."""

EDITIONS = CONFIG / "protocols"
"""The editions that ship."""

_NOT_WRITTEN = ("digest", "site", "series_patterns", "indication_patterns")
"""What an edition has when it is loaded, and its file never says."""


def load_edition(edition: str | Path, site: Path | None = None) -> Edition:
    """An edition by name (`ofsep-2020`) or path, with a site file applied.

    Raises EditionError, with file and line, for anything that is not written as it should be.
    """
    written = read(edition_path(edition))
    as_written = edition_of(written)
    return as_written if site is None else adapted_edition(as_written, written, read(site))


def edition_of(written: Written) -> Edition:
    """The edition that a file holds. Raises EditionError, one line for each fault."""
    faults = [*_out_of_place(written)]
    if faults:
        raise EditionError(in_order(faults))
    digest = hashlib.sha256(written.text).hexdigest()
    try:
        return Edition.model_validate({**written.content, "digest": digest})
    except ValidationError as error:
        raise EditionError(in_order(map(written.fault, error.errors()))) from None


def adapted_edition(edition: Edition, written: Written, site: Written) -> Edition:
    """An edition, read from `written`, with a site file over it. Raises EditionError."""
    content = adapted_content(edition, written.content, site)
    digest = hashlib.sha256(written.text + site.text).hexdigest()
    try:
        return Edition.model_validate({**content, "digest": digest})
    except ValidationError as error:
        raise EditionError(explained(edition, site, error)) from None


def edition_path(edition: str | Path) -> Path:
    """The file of an edition given by name or by path.

    Raises EditionError, listing those that ship, when there is none.
    """
    for path in (Path(edition), EDITIONS / f"{edition}.yaml"):
        if path.is_file():
            return path
    known = ", ".join(sorted(p.stem for p in EDITIONS.glob("*.yaml"))) or "none"
    raise EditionError(f"{edition}: no such protocol edition; give a file, or one of: {known}")


def _out_of_place(written: Written) -> Iterator[str]:
    for key in _NOT_WRITTEN:
        if key in written.content:
            yield f"{written.at(key)}: {key}: not written in an edition's file"
    for number, sentence in enumerate(_mappings(written.content.get("sentences"))):
        for place, rule in enumerate(_mappings(sentence.get("rules"))):
            if "adapted" in rule:
                at = written.at("sentences", number, "rules", place, "adapted")
                yield f"{at}: adapted: only a site file adapts a rule"


def _mappings(listed: Any) -> list[dict[str, Any]]:
    """The items of a list that may be anything yet; what is no mapping is empty."""
    items = listed if isinstance(listed, list) else []
    return [item if isinstance(item, dict) else {} for item in items]
