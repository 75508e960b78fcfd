from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.meta.project import PACKAGE, ROOT

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder), "PATH": ""},
    )


def test_imports_run_downwards_only() -> None:
    kept = lint_imports(ROOT)
    assert kept.returncode == 0, kept.stdout + kept.stderr


def test_an_import_that_runs_upwards_is_seen(tmp_path: Path) -> None:
    """The contracts are read, and apply to the package: a copy that breaks one is refused."""
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    for path in PACKAGE.rglob("*.py"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    errors = tmp_path / "ofsep_node" / "errors.py"
    errors.write_text(errors.read_text() + "\nimport ofsep_node.settings\n")
    broken = lint_imports(tmp_path)
    assert broken.returncode == 1
    assert "ofsep_node.errors -> ofsep_node.settings" in broken.stdout


def test_every_part_of_the_package_has_a_layer() -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = next(
        c for c in configuration["tool"]["importlinter"]["contracts"] if c["type"] == "layers"
    )
    assert layers["exhaustive"]
    assert layers["exhaustive_ignores"] == ["__main__"]
