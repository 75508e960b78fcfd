from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

from tests.meta.project import PACKAGE, ROOT, modules


def imported() -> Iterator[tuple[str, str]]:
    """Each module of the package, and the top-level name of each module it imports."""
    for path in modules():
        where = str(path.relative_to(PACKAGE))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((where, alias.name.split(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield where, node.module.split(".")[0]


def declared(extra: str | None = None) -> set[str]:
    """The distributions that installing the node brings, or that an extra of it adds."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {normalised(re.split(r"[^\w.-]", d, maxsplit=1)[0]) for d in named}


def brought_to(module: str) -> set[str]:
    """What a module may rely on: each extra is for the package of its name alone."""
    return declared() | (declared("imaging") if module.startswith("imaging/") else set())


def distributions() -> dict[str, set[str]]:
    """The distributions that hold each top-level module."""
    return {
        module: {normalised(name) for name in names}
        for module, names in packages_distributions().items()
    }


def normalised(name: str) -> str:
    """One spelling of a distribution's name (packaging specifications, name normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_nothing_is_imported_that_an_installation_may_not_have() -> None:
    """Development tools bring libraries of their own, which are not there in a hospital."""
    own = {"ofsep_node", *sys.stdlib_module_names}
    known = distributions()
    missing = {
        f"{where} imports {name}"
        for where, name in imported()
        if name not in own and not brought_to(where) & known.get(name, set())
    }
    assert not missing


def test_every_dependency_is_imported_or_is_a_driver() -> None:
    """A database driver is loaded by SQLAlchemy, by the name in the URL."""
    known = distributions()
    used = {name for _, module in imported() for name in known.get(module, set())}
    assert declared() - used - {"psycopg"} == set()
