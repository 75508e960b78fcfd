# ruff: noqa: INP001, S603 - a script that runs this very program, not a package
"""Draws report-page.png: the first page of the PDF on an examination with one fault.

python docs/pictures/report_page.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from PIL import Image
from pydicom import dcmread

from ofsep_node.records.documents import from_json
from ofsep_node.reporting import ImageReference, ReportContext, ReportedSeries
from ofsep_node.reporting.encapsulated import first_page
from ofsep_node.reporting.page import page_of
from ofsep_node.reporting.pdf import pdf_of
from ofsep_node.reporting.pictures import picture_of
from ofsep_node.simulate import simulate

PICTURE = Path(__file__).with_name("report-page.png")
DAY = date(2026, 1, 15)
COLOURS = 32


def main() -> None:
    """Simulate the examination, judge it, lay out its page and write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        examination = Path(folder) / "examination"
        simulate(examination, faults=["flair-thick"], study_date=DAY)
        judged = subprocess.run(
            [sys.executable, "-m", "ofsep_node", "check", examination, "--format", "json"],
            capture_output=True,
            check=False,
        )
        verdict = from_json(json.loads(judged.stdout))
        page = page_of(verdict, _context(examination))
    shown = Image.fromarray(first_page(pdf_of(page)))
    shown.quantize(COLOURS).save(PICTURE, optimize=True)


def _context(examination: Path) -> ReportContext:
    series = {}
    for folder in sorted(p for p in examination.iterdir() if p.is_dir()):
        files = sorted(folder.glob("*.dcm"))
        header = dcmread(files[len(files) // 2], stop_before_pixels=True)
        middle = ImageReference(header.SOPClassUID, header.SOPInstanceUID)
        picture = picture_of(files[len(files) // 2])
        series[header.SeriesInstanceUID] = ReportedSeries((middle,), middle, picture)
    at = datetime(DAY.year, DAY.month, DAY.day, 10, 42, tzinfo=UTC)
    return ReportContext(at, header, series, "fr")


if __name__ == "__main__":
    main()
