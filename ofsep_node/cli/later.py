"""A command that is imported when it is called: the others need not wait for its libraries."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from typer._click import Command, Context


class Later(TyperCommand):
    """Stands for the command of its name until it is called: has its name and its help alone.

    The module of that name in this package holds the function of that name, or `app`, a group.
    """

    def command(self) -> Command:
        """The command itself."""
        name = str(self.name)
        module = import_module(f"{__package__}.{name}")
        if hasattr(module, "app"):
            return typer.main.get_command(module.app)
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name)(getattr(module, name))
        return typer.main.get_command(alone)

    def make_context(
        self, info_name: str | None, args: list[str], parent: Context | None = None, **extra: Any
    ) -> Context:
        """What the command makes of its arguments; all further steps are the context's."""
        return self.command().make_context(info_name, args, parent, **extra)


def add_later(app: typer.Typer, name: str, short_help: str, *, hidden: bool = False) -> None:
    """Give the application a command that lists itself with `short_help`."""

    @app.command(name, cls=Later, short_help=short_help, hidden=hidden)
    def later() -> None: ...
