"""What a function of the database refuses, told as an error of the family.

Such a function raises SQLSTATE CSnnn (nnn the HTTP status) with the sentence as message, the code as detail and what to
do next as hint (sql/kernel/functions). Every other error of the database passes untouched.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from domain.kernel.errors import Conflict, CountersignError, Forbidden, Invalid, NotFound

BY_STATE: dict[str, type[CountersignError]] = {
    "CS403": Forbidden,
    "CS404": NotFound,
    "CS409": Conflict,
    "CS422": Invalid,
}


@contextmanager
def told_as_errors() -> Iterator[None]:
    """Turn the database's own refusals within the block into errors of the family.

    Raises:
        CountersignError: of the kind that the SQLSTATE stands for; what is no refusal of ours goes on as it came.
    """
    try:
        yield
    except DBAPIError as error:
        kind = BY_STATE.get(getattr(error.orig, "sqlstate", None) or "")
        if kind is None:
            raise
        said = error.orig.diag  # type: ignore[union-attr]
        raise kind(said.message_primary or "", hint=said.message_hint or "", code=said.message_detail) from error
