"""What became of purchases.

refund_rate           refunds within 30 days of the purchase / purchases of an age of 30 days or more
Purchases that are younger are left out: nobody knows yet. Amounts stand per currency and are never added over them.
"""

from dataclasses import dataclass

from domain.courses.insight.rules.facts import DAY, Purchases
from domain.courses.insight.rules.grouping import counts, sums
from domain.courses.insight.rules.progress import rates_of
from domain.courses.insight.rules.standing import Standing
from domain.courses.insight.rules.wilson import Rate

REFUND_DAYS = 30


@dataclass(frozen=True)
class Amount:
    """Sold and refunded, in hundredths of one currency."""

    course: int
    currency: int
    sold_cents: int
    refunded_cents: int


def refund_rates(standing: Standing, purchases: Purchases, as_of: int) -> list[Rate]:
    """The refund rate of each course."""
    size = len(standing.courses)
    old = purchases.where(as_of - purchases.at >= REFUND_DAYS * DAY)
    refunded = (old.refunded_at < standing.until) & (old.refunded_at <= old.at + REFUND_DAYS * DAY)
    return rates_of(counts(old.course[refunded], size), counts(old.course, size))


def amounts(standing: Standing, purchases: Purchases) -> list[Amount]:
    """Sold and refunded amounts, by course and currency."""
    bought = purchases.where(purchases.at < standing.until)
    keys = [bought.course, bought.currency]
    back = bought.refund_cents * (bought.refunded_at < standing.until)
    (course, currency), sold = sums(keys, bought.price_cents)
    refunded = sums(keys, back)[1]
    rows = zip(course.tolist(), currency.tolist(), sold.tolist(), refunded.tolist(), strict=True)
    return [Amount(*row) for row in rows]
