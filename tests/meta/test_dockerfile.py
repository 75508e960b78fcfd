from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.meta.dockerfile import NotUnderstood, Rehearsal, Step, stages
from tests.meta.project import ROOT

NETWORK = re.compile(r"(?i)(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|PIP_CERT|UV_SYSTEM_CERTS")
"""How this machine reaches the package index: a container engine is told the same."""


@pytest.fixture(scope="module")
def build_and_final() -> tuple[list[Step], list[Step]]:
    build, final = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    return build, final


def arguments(steps: list[Step], instruction: str) -> list[str]:
    return [s.argument for s in steps if s.instruction == instruction]


def test_both_stages_stand_on_the_same_tagged_python(
    build_and_final: tuple[list[Step], list[Step]],
) -> None:
    """The environment built in one is used by the other, interpreter included."""
    build, final = (arguments(steps, "FROM")[0].split()[0] for steps in build_and_final)
    assert build == final
    assert re.fullmatch(r"python:3\.1[1-9]-slim-\w+", build)


def test_uv_is_the_one_that_make_fetches() -> None:
    pinned = re.findall(r"uv==([\d.]+)", (ROOT / "Dockerfile").read_text())
    asked = re.findall(r"^UV_VERSION := ([\d.]+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert pinned == asked


def test_the_build_context_holds_what_is_copied(
    build_and_final: tuple[list[Step], list[Step]],
) -> None:
    allowed = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {source for a in arguments(build_and_final[0], "COPY") for source in a.split()[:-1]}
    assert copied == allowed


def test_the_node_runs_unprivileged_and_is_stopped_and_watched(
    build_and_final: tuple[list[Step], list[Step]],
) -> None:
    _, final = build_and_final
    assert arguments(final, "USER") == ["10001:10001"]
    assert arguments(final, "STOPSIGNAL") == ["SIGTERM"]
    assert arguments(final, "VOLUME") == ["/var/lib/ofsep-node"]
    (healthcheck,) = arguments(final, "HEALTHCHECK")
    assert healthcheck.startswith('CMD ["python3", "-c", ')
    assert arguments(final, "ENTRYPOINT") == ['["ofsep-node"]']


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nADD x /y\n",
        "RUN true\n",
        "FROM a\nRUN true \\\n",
    ],
)
def test_an_unknown_line_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood):
        stages(text)


@pytest.mark.parametrize(
    "line",
    [
        "RUN --mount=type=cache,target=/c true",
        'RUN ["true"]',
        "RUN touch /somewhere",
        "COPY --chmod=755 a b",
        "COPY a b c",
        "ENV NAME value",
        "ENV PATH=/x:$PATH",
        "USER nobody",
    ],
)
def test_a_step_that_cannot_be_rehearsed_is_refused(line: str, tmp_path: Path) -> None:
    (stage,) = stages(f"FROM scratch\n{line}\n")
    with pytest.raises(NotUnderstood):
        Rehearsal(tmp_path, tmp_path, {}).follow(stage[1:])


@pytest.mark.slow
def test_the_build_stage_makes_a_node_that_runs(
    build_and_final: tuple[list[Step], list[Step]], tmp_path: Path
) -> None:
    build, final = build_and_final
    interpreter = Path(getattr(sys, "_base_executable", sys.executable)).resolve().parent
    clean = {
        **{name: value for name, value in os.environ.items() if NETWORK.fullmatch(name)},
        "PATH": f"{interpreter}:/usr/bin:/bin",
        "HOME": os.environ["HOME"],
    }
    rehearsal = Rehearsal(ROOT, tmp_path / "image", dict(clean))
    rehearsal.root.mkdir()
    try:
        rehearsal.follow(build[1:])
    except subprocess.CalledProcessError as failed:
        pytest.fail(f"{failed.cmd[-1]}\n{failed.stdout}{failed.stderr}")

    (handed_over,) = (s for s in final if s.flags == ("--from=build",))
    source, destination = handed_over.argument.split()
    assert source == destination, "an environment works only where it was built"
    programs = rehearsal.inside(source) / "bin"
    version = subprocess.run(
        [programs / "ofsep-node", "--version"],
        env=clean,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert version.returncode == 0, version.stderr
    assert re.search(r"\d+\.\d+\.\d+", version.stdout)
    assert not (programs / "pytest").exists(), "development tools are in the image"
    assert not (programs / "mkdocs").exists(), "documentation tools are in the image"
    (package,) = rehearsal.inside(source).glob("lib/python3*/site-packages/ofsep_node")
    assert (package / "_config").is_dir(), "the image has no protocol editions"
