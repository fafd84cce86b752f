"""Say of each table what it is for, its grain and its units, where psql and the data dictionary show it.

Reversible: the downgrade takes the comments away.
"""

import re

from alembic import op

from migrations.sqltools import SQL, run_sql_file

revision = "202611212010"
down_revision = "202611212000"
branch_labels = None
depends_on = None

FILES = ("kernel/comments.sql", "grid/comments.sql", "stairs/comments.sql", "courses/comments.sql")


def upgrade() -> None:
    for name in FILES:
        run_sql_file(name)


def downgrade() -> None:
    for name in FILES:
        for relation in re.findall(r"COMMENT ON (\w+ \w+) IS", (SQL / name).read_text()):
            op.execute(f"COMMENT ON {relation} IS NULL")
