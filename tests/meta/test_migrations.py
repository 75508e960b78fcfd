from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from ofsep_node.records.base import Base
from ofsep_node.records.migration import upgrade
from ofsep_node.records.revision import MIGRATIONS
from ofsep_node.records.schema import REVISION


def test_the_migrations_lead_to_the_tables_that_the_program_describes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_migrations_are_files_named_after_their_revision() -> None:
    """By the names it is seen which schemas a version knows, without loading Alembic."""
    scripts = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())
    assert [Path(s.path).name.partition("_")[0] for s in scripts] == [s.revision for s in scripts]
    assert scripts[0].revision == REVISION
