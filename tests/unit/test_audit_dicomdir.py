"""Whether what was judged offline lies in an export with a DICOMDIR."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ofsep_node.audit import Audit, files_below
from ofsep_node.simulate import simulate


@pytest.mark.parametrize("there", [True, False])
def test_a_dicomdir_at_the_root_is_seen(tmp_path: Path, there: bool) -> None:
    simulate(tmp_path, study_date=date(2025, 3, 14), small=True)
    if there:
        (tmp_path / "DICOMDIR").write_bytes(b"")
    audit = Audit()
    for path in files_below([tmp_path])[:40]:
        audit.add(path)
    (study,) = audit.studies()
    assert study.dicomdir is there
