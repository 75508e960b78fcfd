"""An edition or site file as it is written: its content, and the line of every key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ofsep_node.errors import EditionError


class _Marking(yaml.constructor.SafeConstructor):
    """Says where a value stands that looks like a date or a number and is none."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:
            raise yaml.constructor.ConstructorError(
                problem=f"{node.value}: {error}", problem_mark=node.start_mark
            ) from error


_LOADER: Any = type("_Loader", (_Marking, getattr(yaml, "CSafeLoader", yaml.SafeLoader)), {})

Key = int | str


@dataclass(frozen=True, slots=True)
class Written:
    """One YAML file: mappings, lists and values, and where each of them stands."""

    path: Path
    text: bytes
    content: dict[str, Any]
    root: yaml.Node

    def at(self, *where: Key) -> str:
        """`file:line` of a key, following mappings and lists as far as they go."""
        node: yaml.Node | None = self.root
        line = 1
        for part in where:
            found = _child(node, part)
            if found is None:
                continue  # pydantic names the union member as well, which the file does not have
            line, node = found
        return f"{self.path}:{line}"

    def fault(self, fault: Any, hint: str = "") -> str:
        """One of pydantic's errors as a line that names file and line."""
        where = tuple(part for part in fault["loc"] if part != "digest")
        name = ".".join(str(part) for part in where) or self.path.stem
        reason = hint or reason_of(fault)
        return f"{self.at(*where) if where else self._about(reason)}: {name}: {reason}"

    def _about(self, reason: str) -> str:
        """Where the file speaks of the name that a fault of the whole begins with, last of all."""
        named = re.match(r"\w+ (\S+) is ", reason)
        lines = self.text.decode(errors="replace").splitlines()
        name = re.escape(named[1]) if named else "$^"
        for pattern in (rf"\bid: {name}(?![\w.-])", rf"(?<![\w.-]){name}(?![\w.-])"):
            found = [n for n, line in enumerate(lines, start=1) if re.search(pattern, line)]
            if found:
                return f"{self.path}:{found[-1]}"
        return f"{self.path}:1"


def read(path: Path) -> Written:
    """A file with keys and values at its top.

    Raises EditionError, with file and line: unreadable, no YAML, not a mapping, a key written
    twice (YAML keeps the last one unasked).
    """
    text = _bytes(path)
    root, content = _parsed(path, text)
    if root is None or not isinstance(content, dict):
        raise EditionError(f"{path}:1: expected keys and values")
    for line, key in _written_twice(root):
        raise EditionError(f"{path}:{line}: {key} is written twice")
    return Written(path, text, content, root)


def reason_of(fault: Any) -> str:
    """What pydantic complains of, without what it puts in front of our own words."""
    return str(fault["msg"]).removeprefix("Value error, ")


def in_order(faults: Iterable[str]) -> str:
    """Faults as one message, each once."""
    return "\n".join(dict.fromkeys(faults))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EditionError(
            f"{path}: cannot read the edition or site file: {error.strerror}"
        ) from None


def _parsed(path: Path, text: bytes) -> tuple[yaml.Node | None, Any]:
    try:
        loader = _LOADER(text)
        root = loader.get_single_node()
        return root, loader.construct_document(root) if root else None
    except yaml.YAMLError as error:
        raise EditionError(_not_yaml(path, error)) from None


def _not_yaml(path: Path, error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError):
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return f"{path}:{line}: not YAML: {error.problem}"
    return f"{path}:1: not YAML: {' '.join(str(error).split())}"


def _written_twice(root: yaml.Node) -> Iterator[tuple[int, str]]:
    """Line and name of keys that a mapping has already. Anchors may make the tree a loop."""
    todo, done = [root], set[int]()
    while todo:
        node = todo.pop()
        if id(node) in done:
            continue
        done.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            todo.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            todo.extend(value for _, value in node.value)
            yield from _repeated(key for key, _ in node.value)


def _repeated(keys: Iterable[yaml.Node]) -> Iterator[tuple[int, str]]:
    seen = set()
    for key in keys:
        if key.value in seen:
            yield key.start_mark.line + 1, str(key.value)
        seen.add(key.value)


def _child(node: yaml.Node | None, part: Key) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    if isinstance(node, yaml.MappingNode):
        pairs: Mapping[str, tuple[yaml.Node, yaml.Node]] = {k.value: (k, v) for k, v in node.value}
        if part in pairs:
            key, value = pairs[str(part)]
            return key.start_mark.line + 1, value
    return None
