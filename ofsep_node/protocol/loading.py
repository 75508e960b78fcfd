"""Reads an edition and, over it, a site's adaptations. Errors name file and line.

A site may change a rule's label, severity and numbers, each with a reason; never a quote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from ofsep_node.domain.verdict import Severity
from ofsep_node.errors import EditionError
from ofsep_node.protocol.edition import Edition, Label

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "_config"
CONFIG = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "config"
"""What ships as configuration: inside the package when installed, beside it in a checkout."""

EDITIONS = CONFIG / "protocols"
"""The editions that ship."""


class Adaptation(BaseModel):
    """What a site changes of one rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    label: Label | None = None
    severity: Severity | None = None
    check: dict[str, Any] | None = None


class Site(BaseModel):
    """A site file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: str
    rules: dict[str, Adaptation] = {}


def load_edition(edition: str | Path, site: Path | None = None) -> Edition:
    """An edition by name (`ofsep-2020`) or path, with a site file applied.

    Raises EditionError, with file and line, for anything that is not written as it should be.
    """
    path = edition_path(edition)
    text = _read(path)
    content = _mapping(path, text)
    as_written = _validated(content, hashlib.sha256(text).hexdigest(), path, text)
    if site is None:
        return as_written
    adapting = _read(site)
    _adapt(path, content, site, adapting)
    digest = hashlib.sha256(text + adapting).hexdigest()
    try:
        return Edition.model_validate({**content, "digest": digest})
    except ValidationError as error:
        raise EditionError(_explain_site(site, adapting, content, error)) from None


def _validated(content: dict[str, Any], digest: str, path: Path, text: bytes) -> Edition:
    try:
        return Edition.model_validate({**content, "digest": digest})
    except ValidationError as error:
        raise EditionError(_explain(path, text, error)) from None


def edition_path(edition: str | Path) -> Path:
    """The file of an edition given by name or by path.

    Raises EditionError, listing those that ship, when there is none.
    """
    for path in (Path(edition), EDITIONS / f"{edition}.yaml"):
        if path.is_file():
            return path
    known = ", ".join(sorted(p.stem for p in EDITIONS.glob("*.yaml"))) or "none"
    raise EditionError(f"{edition}: no such protocol edition; give a file, or one of: {known}")


def _adapt(path: Path, content: dict[str, Any], site: Path, text: bytes) -> None:
    try:
        adaptations = Site.model_validate(_mapping(site, text)).rules
    except ValidationError as error:
        raise EditionError(_explain(site, text, error)) from None
    written = (rule for sentence in content["sentences"] for rule in sentence.get("rules", ()))
    rules = {rule["id"]: rule for rule in written}
    for name, adaptation in adaptations.items():
        if name not in rules:
            line = _line(text, ("rules", name))
            raise EditionError(f"{site}:{line}: rule {name} is not in {path.name}")
        _change(
            rules[name],
            adaptation,
            lambda key, n=name: f"{site}:{_line(text, ('rules', n, 'check', key))}",
        )


def _change(rule: dict[str, Any], adaptation: Adaptation, where: Any) -> None:
    rule["adapted"] = adaptation.reason
    if adaptation.label:
        rule["label"] = adaptation.label.model_dump()
    if adaptation.severity:
        rule["severity"] = adaptation.severity
    for key, value in (adaptation.check or {}).items():
        if key == "kind" or key not in rule["check"]:
            known = ", ".join(k for k in rule["check"] if k != "kind") or "none"
            raise EditionError(f"{where(key)}: {key} is not a number of this rule; it has: {known}")
        rule["check"][key] = value


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EditionError(
            f"{path}: cannot read the edition or site file: {error.strerror}"
        ) from None


def _mapping(path: Path, text: bytes) -> dict[str, Any]:
    try:
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise EditionError(f"{path}:{line}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise EditionError(f"{path}:1: not YAML: {reason}") from None
    if not isinstance(content, dict):
        raise EditionError(f"{path}:1: expected keys and values")
    for line, key in _written_twice(yaml.compose(text)):
        raise EditionError(f"{path}:{line}: {key} is written twice")
    return content


def _written_twice(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """Line and name of keys that a mapping has already; YAML keeps the last one unasked."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, str(key.value)
            seen.add(key.value)
            yield from _written_twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _written_twice(item)


def _explain(path: Path, text: bytes, error: ValidationError) -> str:
    lines = []
    for fault in error.errors():
        where = tuple(part for part in fault["loc"] if part != "digest")
        name = ".".join(str(part) for part in where) or path.stem
        lines.append(f"{path}:{_line(text, where)}: {name}: {fault['msg']}")
    return "\n".join(lines)


def _explain_site(site: Path, text: bytes, content: dict[str, Any], error: ValidationError) -> str:
    """The edition was valid as it is written: what is wrong now came from the site file."""
    lines = []
    for fault in error.errors():
        _, sentence, _, number, *key = (*fault["loc"], "", "", "", "")
        rule = content["sentences"][sentence]["rules"][number]["id"]
        where = ("rules", rule, *(part for part in key if part != ""))
        lines.append(f"{site}:{_line(text, where)}: {rule}: {fault['msg']} ({fault['input']!r})")
    return "\n".join(lines)


def _line(text: bytes, where: tuple[int | str, ...]) -> int:
    """The line of a key, following mappings and lists as far as they go."""
    node: yaml.Node | None = yaml.compose(text)
    line = 1
    for part in where:
        found = _child(node, part)
        if found is None:
            continue  # pydantic names the union member as well, which the file does not have
        line, node = found
    return line


def _child(node: yaml.Node | None, part: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    if isinstance(node, yaml.MappingNode):
        pairs: Mapping[str, tuple[yaml.Node, yaml.Node]] = {k.value: (k, v) for k, v in node.value}
        if part in pairs:
            key, value = pairs[str(part)]
            return key.start_mark.line + 1, value
    return None
