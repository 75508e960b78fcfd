"""`ofsep-node docs`: the reference pages that are written from the program itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ofsep_node.errors import SettingsError


def docs(
    folder: Annotated[Path, typer.Option(help="Where the pages go.", metavar="DIR")] = Path(
        "docs/reference"
    ),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; say which pages are out of date.")
    ] = False,
) -> None:
    """Write the generated pages of the reference, or see whether they are fresh."""
    from ofsep_node.cli.reference import leftovers, pages

    if not folder.is_dir():
        raise SettingsError(f"{folder}: no such folder; run this at the project's top")
    stale = []
    for name, content in pages().items():
        page = folder / name
        if page.exists() and page.read_text(encoding="utf-8") == content:
            continue
        stale.append(str(page))
        if not check:
            page.parent.mkdir(exist_ok=True)
            page.write_text(content, encoding="utf-8")
    for page in leftovers(folder):
        stale.append(str(page))
        if not check:
            page.unlink()
    if check and stale:
        typer.echo(f"Out of date: {', '.join(stale)}. Run `make docs`.", err=True)
        raise typer.Exit(1)
