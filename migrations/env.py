"""Alembic environment: one linear history, run as the owner, impatient with locks, one transaction per revision."""

from typing import Any

from alembic import context
from sqlalchemy import create_engine, event, pool, text

from domain.kernel.db import sqlalchemy_url
from domain.kernel.settings import DbRole, settings
from domain.kernel.sqlfiles import own_sql

config = context.config


def run_migrations_offline() -> None:
    """Render the SQL instead of running it (`countersign migrate --plan`)."""
    context.configure(
        url="postgresql+psycopg://",
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        transaction_per_migration=True,
        output_buffer=config.attributes.get("output_buffer"),
    )
    with context.begin_transaction():
        context.run_migrations()


def _in_our_schema(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    """Revisions say `public`; where a utility's tables have it, ours stand in a schema apart."""
    return own_sql(statement), parameters


def run_migrations_online() -> None:
    """Run against the database; a lock that cannot be had in four seconds fails the migration, not the users."""
    url = config.attributes.get("url") or settings().url(DbRole.OWNER)
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
    event.listen(engine, "before_cursor_execute", _in_our_schema, retval=True)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtext('countersign.migrate'))"))
        connection.execute(text("SET lock_timeout = '4s'"))
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
