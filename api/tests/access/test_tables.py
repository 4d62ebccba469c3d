from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from vintagestory_api.access.tables import metadata
from vintagestory_api.storage.engines import blocking_engine


def test_the_statements_and_the_migrations_mean_the_same_tables(database_path: Path) -> None:
    engine = blocking_engine(database_path)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _parents: kind != "table" or name in metadata.tables}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()
