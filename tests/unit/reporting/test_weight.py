"""What is heavy to import is imported where reports are made, and nowhere else."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"highdicom", "reportlab", "pypdfium2", "jinja2"}
"""Pillow is none of them: pydicom imports it by itself wherever it is installed."""


@pytest.mark.parametrize("module", ["cli", "parts", "supervisor", "reporting", "reporting.words"])
def test_a_module_brings_none_of_it(module: str) -> None:
    program = f"import sys, ofsep_node.{module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert f"ofsep_node.{module}" in loaded.stdout.split()
    assert HEAVY.isdisjoint(loaded.stdout.split())
