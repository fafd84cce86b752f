"""The table of this process."""

import pytest

from tests.faults.table import TABLE, Table


@pytest.fixture(scope="session")
def table() -> Table:
    """Where a test writes down what it broke, what it checked and what was lost."""
    return TABLE
