"""Makes the scorecard: `python -m tests.scorecard`, or `make scorecard`."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from ofsep_node.simulate import VENDORS
from tests.published import published
from tests.scorecard.page import PAGE, page
from tests.scorecard.scores import (
    Scores,
    clean_scores,
    fault_scores,
    keep,
    kept,
    real_scores,
    recognition_scores,
)

CACHE = Path(__file__).parents[2] / ".cache" / "real-dicom"


def main() -> None:
    """Score everything, keep the figures, write the page.

    Without the published headers, their figures stay as they are.
    """
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        simulated = dict(zip(VENDORS, pool.map(_vendor, VENDORS), strict=True))
    root = published(CACHE)
    real = kept()["real"] if root is None else real_scores(root)
    scores = {"simulated": simulated, "real": real}
    keep(scores)
    PAGE.write_text(page(scores), encoding="utf-8")


def _vendor(vendor: str) -> Scores:
    return {
        "clean": clean_scores(vendor),
        "recognition": recognition_scores(vendor),
        "faults": fault_scores(vendor),
    }


if __name__ == "__main__":
    main()
