"""Reference pages made from what the program does: no number stands in two places."""

from __future__ import annotations

from pathlib import Path

from ofsep_node.cli.reference.command_line import command_line
from ofsep_node.cli.reference.conformance import conformance_statement
from ofsep_node.cli.reference.lifecycle import DIAGRAM, lifecycle_diagram, lifecycle_page
from ofsep_node.cli.reference.metrics import metrics
from ofsep_node.cli.reference.node import events, sop_classes, verdict_schema
from ofsep_node.cli.reference.report_codes import report_codes
from ofsep_node.cli.reference.rules import coverage_page, rule_pages
from ofsep_node.cli.reference.settings import settings
from ofsep_node.protocol import load_edition

GENERATED = "<!-- Written by `make docs` from the program itself. -->\n\n"
"""What every generated page of text begins with."""


def pages() -> dict[str, str]:
    """Every generated page: its path below the reference, and its content."""
    edition = load_edition("ofsep-2020")
    texts = {
        "command-line.md": command_line(),
        "settings.md": settings(),
        "coverage.md": coverage_page(edition),
        **{f"rules/{name}": page for name, page in rule_pages(edition).items()},
        "conformance-statement.md": conformance_statement(),
        "sop-classes.md": sop_classes(),
        "events.md": events(),
        "lifecycle.md": lifecycle_page(),
        "metrics.md": metrics(),
        "report-codes.md": report_codes(),
    }
    return {
        **{name: GENERATED + page for name, page in texts.items()},
        DIAGRAM: lifecycle_diagram(),
        "verdict.schema.json": verdict_schema(),
    }


def leftovers(folder: Path) -> list[Path]:
    """Generated pages below a folder that the program writes no more."""
    written = {folder / name for name in pages()}
    found = (page for page in sorted(folder.rglob("*.md")) if page not in written)
    return [page for page in found if page.read_text(encoding="utf-8").startswith(GENERATED)]
