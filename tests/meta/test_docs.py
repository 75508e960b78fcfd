from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.meta.project import DOCS, PACKAGE, ROOT

BILINGUAL = ("tutorial", "how-to")
"""What operators and technologists read."""

ELSEWHERE = re.compile(
    r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^\"'>\s]+"
    r"|@import\s+url\([\"']?(?:https?:)?//[^)]+"
)
"""What a browser would fetch from another host by itself."""


def pages_for_operators() -> list[Path]:
    return sorted(
        [*DOCS.glob("*.md"), *(p for folder in BILINGUAL for p in (DOCS / folder).rglob("*.md"))]
    )


def other_language(page: Path) -> Path:
    name = page.name
    if name.endswith(".fr.md"):
        return page.with_name(name.removesuffix(".fr.md") + ".md")
    return page.with_name(name.removesuffix(".md") + ".fr.md")


@pytest.mark.parametrize("page", pages_for_operators(), ids=lambda p: str(p.relative_to(DOCS)))
def test_a_page_for_operators_exists_in_both_languages(page: Path) -> None:
    other = other_language(page)
    assert other.exists(), f"{other.relative_to(ROOT)} is missing"
    assert f"]({other.name})" in page.read_text(encoding="utf-8"), f"no link to {other.name}"


def test_the_site_builds_and_needs_no_other_host(tmp_path: Path) -> None:
    built = subprocess.run(
        [
            *(sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"),
            *("--config-file", ".mkdocs.yml", "--site-dir", str(tmp_path / "site")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert built.returncode == 0, built.stdout + built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert tmp_path / "site" / "index.fr.html" in pages
    fetched = {
        found
        for path in [*pages, *(tmp_path / "site").rglob("*.css")]
        for found in ELSEWHERE.findall(path.read_text(encoding="utf-8"))
    }
    assert not fetched


@pytest.mark.skipif(
    not (PACKAGE / "cli" / "docs.py").exists(), reason="no command generates pages yet"
)
def test_generated_pages_say_what_the_program_does() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "ofsep_node", "docs", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
