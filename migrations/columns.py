"""Comment the columns that a revision brings, from the lists under `sql/` (domain/kernel/column_words.py).

A revision that adds some lists them there and calls `comment_columns` again.
"""

import re

from alembic import context, op
from sqlalchemy import text

from domain.kernel.column_words import FILES, statement


def comment_columns() -> None:
    """Comment the columns of every listed relation; whoever renders a plan is told which lists were read."""
    context.config.attributes.get("sql_files", set()).update(FILES)
    _execute(statement())


def uncomment_columns() -> None:
    """Take the comments away again."""
    _execute(statement("NULL::text"))


def _execute(sql: str) -> None:
    op.execute(text(re.sub(r":(?=\w)", r"\:", sql)))
