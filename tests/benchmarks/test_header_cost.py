"""From a file to facts, against pydicom's full read of the same header, vendor by vendor.

Nothing is asserted of speed: machines differ and are busy. What is said is the ratio.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom import dcmread

from ofsep_node.dicom.reading import read_facts
from tests.benchmarks.conftest import milliseconds

Say = Callable[[str], None]

CLASSIC = (
    *("siemens-mprage", "siemens-pd-t2", "siemens-dti20-mosaic", "ge-ir-spgr", "ge-dti6"),
    *("philips-mprage", "philips-dti32", "canon-dti-classic", "uih-t1", "hitachi-part"),
)


def read_by_pydicom(path: Path) -> int:
    """Every element of the header converted, those of its sequences included; their number."""
    return sum(1 for _ in dcmread(path, stop_before_pixels=True).iterall())


@pytest.mark.parametrize("folder", CLASSIC)
def test_header_to_facts(folder: str, real_dicom: Path, say: Say) -> None:
    paths = sorted((real_dicom / folder).glob("*/*.dcm"))[:20]
    facts = milliseconds(lambda: [read_facts(p) for p in paths], 5) / len(paths)
    full = milliseconds(lambda: [read_by_pydicom(p) for p in paths], 5) / len(paths)
    say(f"\n{folder:22} {facts:5.2f} ms; pydicom's full read {full:5.2f} ms: {facts / full:.2f}")
