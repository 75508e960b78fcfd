from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ofsep_node.cli.reference import GENERATED
from ofsep_node.cli.reference.rules import snippet
from ofsep_node.protocol import load_edition
from ofsep_node.protocol.edition import Rule
from ofsep_node.protocol.lint import lint
from ofsep_node.protocol.loading import edition_path
from ofsep_node.protocol.written import read
from tests.meta.project import DOCS, ROOT

EDITION = load_edition("ofsep-2020")

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


def test_generated_pages_say_what_the_program_does() -> None:
    checked = docs("--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.slow
def test_a_page_that_is_written_no_more_is_stale_and_goes(tmp_path: Path) -> None:
    assert docs("--folder", str(tmp_path)).returncode == 0
    kept, gone = tmp_path / "rules" / "by-hand.md", tmp_path / "rules" / "no-such-rule.md"
    kept.write_text("# By hand\n", encoding="utf-8")
    gone.write_text(f"{GENERATED}# no-such-rule\n", encoding="utf-8")
    (tmp_path / "rules" / "voxel-3d.md").write_text("altered", encoding="utf-8")
    checked = docs("--check", "--folder", str(tmp_path))
    assert checked.returncode == 1
    assert str(gone) in checked.stderr
    assert "voxel-3d.md" in checked.stderr
    assert "by-hand.md" not in checked.stderr
    assert gone.exists()
    assert docs("--folder", str(tmp_path)).returncode == 0
    assert kept.exists()
    assert not gone.exists()
    assert docs("--check", "--folder", str(tmp_path)).returncode == 0


def test_every_rule_has_a_page_and_no_other_has() -> None:
    names = {rule.id for _, rule in EDITION.rules()}
    assert {p.stem for p in (DOCS / "reference" / "rules").iterdir()} == names | {"index"}


@pytest.mark.parametrize("rule", [r for _, r in EDITION.rules()], ids=lambda r: r.id)
def test_the_snippet_on_a_rules_page_adapts_the_rule(rule: Rule, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(snippet(rule), encoding="utf-8")
    assert snippet(rule) in (DOCS / "reference" / "rules" / f"{rule.id}.md").read_text(
        encoding="utf-8"
    )
    adapted = next(r for _, r in load_edition("ofsep-2020", site).rules() if r.id == rule.id)
    assert adapted.adapted
    assert adapted.severity != rule.severity
    assert adapted.check == rule.check


def test_the_coverage_quotes_every_sentence() -> None:
    page = (DOCS / "reference" / "coverage.md").read_text(encoding="utf-8")
    for sentence in EDITION.sentences:
        assert f"## {sentence.id}\n" in page
        assert sentence.quote.removeprefix("* ") in page


@pytest.mark.parametrize(
    "page",
    [
        "adapt-a-rule.md",
        "adapt-a-rule.fr.md",
        "say-the-indication.md",
        "say-the-indication.fr.md",
    ],
)
def test_the_site_file_of_the_guide_is_clean(page: str, tmp_path: Path) -> None:
    text = (DOCS / "how-to" / page).read_text(encoding="utf-8")
    site = tmp_path / "site.yaml"
    written = text.split("```yaml\n")[1].split("```")[0]
    site.write_text(textwrap.dedent(written), encoding="utf-8")
    assert not lint(site, lambda: read(edition_path("ofsep-2020")))


def docs(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ofsep_node", "docs", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
