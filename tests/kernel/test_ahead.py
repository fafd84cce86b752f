"""Working one step ahead changes neither what comes nor in which order, and loses no error."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.ahead import ahead


@given(st.lists(st.one_of(st.integers(), st.none(), st.booleans())))
def test_the_same_items_come_in_the_same_order(items: list[object]) -> None:
    assert list(ahead(iter(items))) == items


def test_no_more_than_one_item_is_made_ahead() -> None:
    made: list[int] = []

    def making() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number

    for number in ahead(making()):
        assert len(made) <= number + 2


def test_an_error_in_making_comes_where_its_item_would_have_come() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise ValueError("the file ends here")

    coming = ahead(failing())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="the file ends here"):
        next(coming)
