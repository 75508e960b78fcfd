"""The page of the codes that structured reports are written with, from their tables."""

from __future__ import annotations

from collections.abc import Iterable

from ofsep_node.reporting.coding import (
    SCHEME,
    SCHEME_NAME,
    SCHEME_VERSION,
    Concept,
    own_codes,
    standard_codes,
)
from ofsep_node.reporting.composite import FORMATS, SOFTWARE


def report_codes() -> str:
    """The kinds of report that are DICOM objects, and every code, ours and the standard's."""
    formats = "\n".join(
        f"| `{kind}` | {form.sop_class_uid} | {form.modality} | {form.series_number} | "
        f"{form.en} | {form.fr} |"
        for kind, form in FORMATS.items()
    )
    return (
        "# Reports: series and codes\n\n"
        "What each report is and holds is told in [The report](../explanation/the-report.md).\n\n"
        "## Series\n\n| kind | SOP class | modality | series number | description | in French |\n"
        f"|---|---|---|---|---|---|\n{formats}\n\n"
        f"## Codes of our own\n\nCoding scheme designator `{SCHEME}`, name {SCHEME_NAME}, version\n"
        f"{SCHEME_VERSION}, responsible organization {SOFTWARE}; declared in each structured report\n"
        "(Coding Scheme Identification Sequence). Codes may be added under one version; none is\n"
        f"given another meaning.\n\n{_table(own_codes())}\n"
        f"## Codes of the standard\n\n{_table(standard_codes())}\n"
        "Units are UCUM's; what is merely counted is an annotation, such as `{directions}`.\n"
    )


def _table(codes: Iterable[Concept]) -> str:
    rows = "\n".join(f"| `{c.value}` | {c.scheme} | {c.en} | {c.fr} |" for c in codes)
    return f"| code | scheme | meaning | in French |\n|---|---|---|---|\n{rows}\n"
