"""The one entry to every kind of report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from ofsep_node.domain.text import legible
from ofsep_node.domain.verdict import Verdict
from ofsep_node.records.documents import from_json, to_json
from ofsep_node.reporting.context import Kind, Report, ReportContext
from ofsep_node.reporting.encapsulated import encapsulated_pdf, secondary_capture
from ofsep_node.reporting.html import html_page
from ofsep_node.reporting.key_objects import key_objects
from ofsep_node.reporting.structured import structured_report


def report(kind: Kind, verdict: Verdict, context: ReportContext) -> Report:
    """A report of one kind; the same verdict and context give the same bytes.

    Raises NothingToReport when there is nothing to be said in a report of this kind.
    """
    return _MAKERS[kind](verdict, context)


def _json(verdict: Verdict, _: ReportContext) -> Report:
    """The verdict's published document."""
    content = json.dumps(to_json(verdict), ensure_ascii=False, indent=2) + "\n"
    return Report("json", content.encode(), "application/json")


def _for_people(
    make: Callable[[Verdict, ReportContext], Report],
) -> Callable[[Verdict, ReportContext], Report]:
    """Text that came over the network is made fit to be shown."""
    return lambda verdict, context: make(from_json(legible(to_json(verdict))), context)


_MAKERS: Mapping[Kind, Callable[[Verdict, ReportContext], Report]] = {
    "sr": _for_people(structured_report),
    "pdf": _for_people(encapsulated_pdf),
    "sc": _for_people(secondary_capture),
    "ko": _for_people(key_objects),
    "html": _for_people(html_page),
    "json": _json,
}
