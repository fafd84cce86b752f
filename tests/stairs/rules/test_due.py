"""When the next visit of a routine falls due."""

from datetime import date

import pytest

from domain.stairs.rules.due import Routine, months_after


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 3, 15), 12, date(2027, 3, 15)),
        (date(2024, 2, 29), -12, date(2023, 2, 28)),
    ],
)
def test_the_same_day_so_many_months_later(day: date, months: int, then: date) -> None:
    assert months_after(day, months) == then


def test_a_routine_is_overdue_the_day_after_it_was_due() -> None:
    own = Routine("b", "House", "annual", date(2025, 11, 22), None)
    assert own.due_on == date(2026, 11, 22)
    days = {date(2026, 10, 22): "later", date(2026, 10, 23): "soon", date(2026, 11, 22): "soon"}
    assert {day: own.state_on(day) for day in days} == days
    assert own.state_on(date(2026, 11, 23)) == "overdue"
    assert Routine("b", "House", "monthly", None, None).state_on(date(2026, 1, 1)) == "never"
