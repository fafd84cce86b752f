"""Both funnels, refunds and unused purchases, of few learners and purchases."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from domain.courses.insight.rules.facts import DAY, NEVER, Facts, Purchases
from domain.courses.insight.rules.figures import Figures
from domain.courses.insight.rules.funnels import ALWAYS, view_funnels
from domain.courses.insight.rules.sales import Amount, amounts, refund_rates
from domain.courses.insight.rules.wilson import rate
from tests.courses.insight.made import at, figures

Row = tuple[Any, ...]
ENROLLED: list[Row] = [
    ("ann", "C", "2026-03-02T10:00:00", "2026-04-01"),
    ("bob", "C", "2026-03-03"),
    ("cat", "C", "2026-03-01"),
    ("dan", "C", "2026-03-05", None, "2026-03-20"),
]
VIEWS: list[Row] = [
    ("v1", "ann", "C", "course_view", None, "2026-03-02T10:00:00"),
    ("v2", "ann", "C", "course_view", None, "2026-03-04T10:00:00"),
    ("v3", "bob", "C", "course_view", None, "2026-03-01T10:00:00"),
    ("v4", "cat", "C", "course_view", None, "2026-03-02T10:00:00"),
    ("v5", "dan", "C", "course_view", None, "2026-03-02T10:00:00"),
    ("v6", "eve", "C", "course_view", None, "2026-03-02T10:00:00"),
    ("v7", None, "C", "course_view", None, "2026-03-02T10:00:00"),
    ("v8", None, "C", "course_view", None, "2026-03-02T11:00:00"),
]


def test_funnel_a_counts_who_enrolled_at_or_after_the_first_view() -> None:
    found = figures(ENROLLED, VIEWS)
    (one,) = view_funnels(found.standing, found.events, ALWAYS)
    # Viewed: ann bob cat dan eve. ann enrolled at her view, bob after; cat before hers; dan is revoked.
    assert (one.viewed, one.enrolled, one.completed) == (5, 2, 1)
    assert (one.view_to_enrolled, one.enrolled_to_completed) == (rate(2, 5), rate(1, 2))
    assert (one.enrolled_without_view, one.anonymous_views) == (1, 2)


def test_funnel_a_of_a_window_takes_the_first_view_in_it() -> None:
    found = figures(ENROLLED, VIEWS)
    (one,) = view_funnels(found.standing, found.events, (at("2026-03-03"), at("2026-03-05")))
    # Only ann's second view lies in it, after she had enrolled; bob enrolled in it without a view.
    assert (one.viewed, one.enrolled, one.enrolled_without_view, one.anonymous_views) == (1, 0, 1, 0)
    assert one.enrolled_to_completed.value is None


def sold(*rows: tuple[str, str, str | None, int]) -> Figures:
    """Purchases (learner, at, refunded at, currency) of 100.00 each; a refund is of 40.00."""
    found = figures(ENROLLED, VIEWS)
    names = sorted({"ann", "bob", "cat", "dan", "eve"})
    columns = [
        [names.index(who) for who, *_ in rows],
        [0] * len(rows),
        [at(when) for _, when, *_ in rows],
        [NEVER if back is None else at(back) for _, _, back, _ in rows],
        [10_000] * len(rows),
        [4_000] * len(rows),
        [currency for *_, currency in rows],
    ]
    facts: Facts = replace(found.facts, purchases=Purchases(*(np.array(column, np.int64) for column in columns)))
    return Figures(facts, found.as_of)


SOLD = (
    ("ann", "2026-03-02", None, 0),
    ("bob", "2026-03-03", "2026-04-02", 0),
    ("cat", "2026-03-01", "2026-04-05", 1),
    ("eve", "2026-03-04", None, 1),
    ("dan", "2026-05-25", None, 1),
)


def test_refund_rate_is_of_purchases_old_enough_and_of_refunds_within_30_days() -> None:
    found = sold(*SOLD)
    assert found.facts.purchases is not None
    # bob's came on the 30th day, cat's on the 35th; dan bought 7 days ago.
    assert refund_rates(found.standing, found.facts.purchases, found.as_of) == [rate(1, 4)]


@pytest.mark.parametrize(("later", "n"), [(0, 1), (-1, 0)])
def test_a_purchase_counts_from_its_thirtieth_day(later: int, n: int) -> None:
    found = sold(("ann", "2026-03-02", None, 0))
    assert found.facts.purchases is not None
    as_of = at("2026-03-02") + 30 * DAY + later
    (one,) = refund_rates(found.standing, found.facts.purchases, as_of)
    assert one.n == n


def test_amounts_are_per_currency_and_not_added() -> None:
    found = sold(*SOLD)
    assert found.facts.purchases is not None
    assert amounts(found.standing, found.facts.purchases) == [Amount(0, 0, 20_000, 4_000), Amount(0, 1, 30_000, 4_000)]
