"""The table of faults, checks and losses, printed at the end of a soak."""

import pytest

from tests.faults.table import Table

_TABLE = Table()


@pytest.fixture(scope="session")
def table() -> Table:
    """Where a test writes down what it broke, what it checked and what was lost."""
    return _TABLE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what was written down, if anything was."""
    for line in _TABLE.lines():
        terminalreporter.write_line(line)
