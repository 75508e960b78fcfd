"""A process that kills itself at a given call: how a test dies between two steps."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Death:
    """Where the process kills itself: before or after so many calls of a function."""

    function: str  # module:Class.name
    calls: int = 1
    before: bool = False

    def __str__(self) -> str:
        return f"{self.function}-{'before' if self.before else 'after'}-{self.calls}"


def die_at(death: Death) -> None:
    """Arm this process."""
    module, _, path = death.function.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    setattr(owner, name, _fatal(getattr(owner, name), death))


def _fatal(function: Callable[..., Any], death: Death) -> Callable[..., Any]:
    calls = 0

    def counted(*args: Any, **keywords: Any) -> Any:
        nonlocal calls
        calls += 1
        if death.before and calls == death.calls:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **keywords)
        if calls == death.calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return counted
