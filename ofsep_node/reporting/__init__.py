"""The reports on a verdict that go back to whoever sent the images.

`making.report` makes each of them from a verdict and a `ReportContext`; `gathering` takes both from
the records and the archive. Everything here is pure but `gathering`: the same verdict gives the
same bytes. What is heavy to import is imported by the modules that make documents, not by this one.
"""

from ofsep_node.reporting.context import (
    DocumentReference,
    ImageReference,
    Kind,
    Report,
    ReportContext,
    ReportedSeries,
)

__all__ = [
    "DocumentReference",
    "ImageReference",
    "Kind",
    "Report",
    "ReportContext",
    "ReportedSeries",
]
