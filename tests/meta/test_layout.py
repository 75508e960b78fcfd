from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.meta.project import BUILT, PACKAGE, ROOT, modules, texts

TOP_LEVEL = {
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "config",
    "docs",
    "ofsep_node",
    "pyproject.toml",
    "tests",
    "uv.lock",
}
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
LONGEST_MODULE = 400

ONE_MACHINE = re.compile(r"(?<![\w.$}~-])/(?:home|root|Users|work|mnt)/\w|\.\./share[d]")
"""Paths that exist on one person's machine only."""
REAL_HEADERS = "../share" + "d/real-dicom"
"""The one folder outside the project that tests look for, and do without."""


def test_the_top_level_holds_nothing_unannounced() -> None:
    seen = {p.name for p in ROOT.iterdir() if not p.name.startswith(".")} - BUILT
    assert seen == TOP_LEVEL


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
class TestModule:
    def test_is_short_enough_to_read_at_once(self, path: Path) -> None:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE

    def test_is_named_after_what_it_is(self, path: Path) -> None:
        words = {word for part in path.relative_to(ROOT).parts for word in re.split(r"[_.]", part)}
        assert not words & SAYS_NOTHING

    def test_classes_are_named_after_what_they_are(self, path: Path) -> None:
        for name in (n.name for n in ast.walk(_parsed(path)) if isinstance(n, ast.ClassDef)):
            words = {word.lower() for word in re.findall(r"[A-Z][a-z]+", name)}
            assert not words & SAYS_NOTHING, name

    def test_says_what_its_public_parts_are_for(self, path: Path) -> None:
        module = _parsed(path)
        assert ast.get_docstring(module) or not module.body, "the module has no docstring"
        silent = [n.name for n in _public(module) if not ast.get_docstring(n)]
        assert not silent, f"no docstring: {', '.join(silent)}"


def test_no_text_leads_to_one_persons_machine() -> None:
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if ONE_MACHINE.search(line.replace(REAL_HEADERS, "") if path.parts[0] == "tests" else line)
    ]
    assert not found


def test_the_lock_names_public_hosts_only() -> None:
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    hosts = set(re.findall(r'"[a-z+]+://([^/"]+)', lock))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _public(module: ast.Module) -> list[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    definitions = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [n for n in module.body if isinstance(n, definitions) and not n.name.startswith("_")]


def test_the_lock_of_the_javascript_peer_names_no_host_at_all() -> None:
    lock = (ROOT / "tests" / "acceptance" / "dcmjs" / "package-lock.json").read_text(
        encoding="utf-8"
    )
    assert '"integrity": "sha512-' in lock
    assert "://" not in re.sub(r'"(?:funding|url)": .*', "", lock)
