"""Reads the Dockerfile, and follows one stage's steps in a folder, without a container engine."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

INSTRUCTIONS = frozenset(
    [
        "FROM",
        "ENV",
        "WORKDIR",
        "COPY",
        "RUN",
        "LABEL",
        "VOLUME",
        "USER",
        "EXPOSE",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    ]
)


class NotUnderstood(Exception):
    """A step that this reader would follow otherwise than a container engine does."""


@dataclass(frozen=True)
class Step:
    """One instruction, with its flags (`--from=build`) apart from its argument."""

    instruction: str
    argument: str
    flags: tuple[str, ...] = ()


def stages(text: str) -> list[list[Step]]:
    """The steps of each stage, FROM first.

    Raises NotUnderstood for an instruction outside INSTRUCTIONS, or before the first FROM.
    """
    found: list[list[Step]] = []
    for step in map(_step, _logical_lines(text)):
        if step.instruction == "FROM":
            found.append([])
        elif not found:
            raise NotUnderstood(f"{step.instruction} before the first FROM")
        found[-1].append(step)
    return found


def _logical_lines(text: str) -> Iterator[str]:
    open_line = ""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        open_line += line.strip()
        if open_line.endswith("\\"):
            open_line = open_line.removesuffix("\\").rstrip() + " "
            continue
        yield open_line
        open_line = ""
    if open_line:
        raise NotUnderstood(f"the last line is not finished: {open_line}")


def _step(line: str) -> Step:
    instruction, _, rest = line.partition(" ")
    if instruction not in INSTRUCTIONS:
        raise NotUnderstood(f"unknown instruction: {line}")
    flags = []
    while rest.startswith("--"):
        flag, _, rest = rest.partition(" ")
        flags.append(flag)
    return Step(instruction, rest.strip(), tuple(flags))


@dataclass
class Rehearsal:
    """Follows ENV, WORKDIR, COPY and RUN below `root`, where an image has them below /.

    Absolute paths are moved below `root` in ENV, WORKDIR and COPY. A RUN line is left as it is,
    and therefore has to get them from the environment or stay relative.
    """

    context: Path
    root: Path
    environment: dict[str, str]
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.root

    def follow(self, steps: list[Step]) -> None:
        """Take the steps of one stage in turn. Raises NotUnderstood, CalledProcessError."""
        for step in steps:
            if step.flags:
                raise NotUnderstood(f"flags are not followed: {step}")
            match step.instruction:
                case "ENV":
                    self._env(step.argument)
                case "WORKDIR":
                    self.folder = self.inside(step.argument)
                    self.folder.mkdir(parents=True, exist_ok=True)
                case "COPY":
                    self._copy(step.argument)
                case "RUN":
                    self._run(step.argument)
                case _:
                    raise NotUnderstood(f"{step.instruction} has no place in a build stage")

    def inside(self, path: str) -> Path:
        """Where a path of the image lies on this machine."""
        pure = PurePosixPath(path)
        return self.root / pure.relative_to("/") if pure.is_absolute() else self.folder / pure

    def _env(self, argument: str) -> None:
        for assignment in shlex.split(argument):
            name, equals, value = assignment.partition("=")
            if not equals or "$" in value:
                raise NotUnderstood(f"ENV {assignment}")
            self.environment[name] = str(self.inside(value)) if value.startswith("/") else value

    def _copy(self, argument: str) -> None:
        *sources, destination = argument.split()
        target = self.inside(destination)
        if len(sources) > 1 and not destination.endswith("/"):
            raise NotUnderstood(f"several sources need a folder: COPY {argument}")
        for source in sources:
            self._copy_one(self.context / source, target, into=destination.endswith("/"))

    def _copy_one(self, source: Path, target: Path, *, into: bool) -> None:
        if source.is_dir():
            shutil.copytree(
                source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            target = target / source.name if into else target
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)

    def _run(self, argument: str) -> None:
        if argument.startswith(("[", "<<")) or " /" in argument:
            raise NotUnderstood(f"RUN {argument}")
        subprocess.run(
            ["/bin/sh", "-c", argument],
            cwd=self.folder,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
