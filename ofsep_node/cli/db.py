"""`ofsep-node db`: the schema of the records."""

from __future__ import annotations

from typing import Annotated

import typer

from ofsep_node.cli.options import ConfigOption, DataOption, QuietOption, settings_from

app = typer.Typer(help="The records' database.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def upgrade(data: DataOption = None, config: ConfigOption = None) -> None:
    """Create the schema, or upgrade it to this version's. `serve` does so by itself."""
    from ofsep_node.data_folder import keep_to_ourselves
    from ofsep_node.records.migration import upgrade as bring_up_to_date

    settings = settings_from(config, data)
    keep_to_ourselves()
    typer.echo(f"The schema is {bring_up_to_date(settings.records_url)}.")


@app.command()
def check(data: DataOption = None, config: ConfigOption = None) -> None:
    """Say whether the database can be reached and has this version's schema."""
    from ofsep_node.records.revision import check as look

    settings = settings_from(config, data)
    typer.echo(f"The schema is {look(settings.records_url)}, as this version needs it.")


@app.command()
def copy(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="An empty database.")],
    data: DataOption = None,
    quiet: QuietOption = False,
    config: ConfigOption = None,
) -> None:
    """Carry all records over to another database, from SQLite to PostgreSQL or back.

    Stop the node first. The archive stays where it is.
    """
    from ofsep_node.cli.terminal import progress
    from ofsep_node.data_folder import folder_of_its_own, keep_to_ourselves
    from ofsep_node.records.copying import copy as carry_over

    settings = settings_from(config, data)
    keep_to_ourselves()
    with folder_of_its_own(settings.data), progress(quiet=quiet) as bar:
        task = bar.add_task("", total=None)
        counted = carry_over(
            settings.records_url, to, lambda table: bar.update(task, description=table)
        )
    for table, rows in counted.items():
        typer.echo(f"{rows:10}  {table}")
