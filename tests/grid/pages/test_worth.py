"""Money on the executive's page: from what nothing explains, at a price that has a source, or not at all."""

from datetime import date

import pytest

from api.grid.pages.summary import worth_of
from domain.kernel.administration.energy_price import EnergyPrice, checked_price
from domain.kernel.errors import Invalid

PRICE = EnergyPrice(0.25, "USD", "The tariff of 2026")
DAYS = [
    {"local_date": date(2026, 11, 20), "ntl_pct": 4.0, "delivered_kwh": 1000.0},
    {"local_date": date(2026, 11, 19), "ntl_pct": -1.0, "delivered_kwh": 1000.0},
    {"local_date": date(2026, 11, 18), "ntl_pct": None, "delivered_kwh": 0.0},
]


def test_the_sum_is_what_is_not_explained_times_the_stated_price() -> None:
    found = worth_of(DAYS, PRICE)
    assert found is not None
    assert (found.kwh, found.days, found.since, found.through) == (30.0, 2, date(2026, 11, 19), date(2026, 11, 20))
    assert found.told == "USD 8"


def test_without_a_price_or_a_complete_day_no_sum_is_told() -> None:
    assert worth_of(DAYS, None) is None
    assert worth_of(DAYS[2:], PRICE) is None


def test_gains_are_not_told_as_losses() -> None:
    found = worth_of(DAYS[1:2], PRICE)
    assert found is not None
    assert found.kwh == 0.0


@pytest.mark.parametrize(
    "given",
    [
        {"per_kwh": 0.2, "currency": "USD", "source": ""},
        {"per_kwh": 0.2, "currency": "usd", "source": "The tariff"},
        {"per_kwh": -1.0, "currency": "USD", "source": "The tariff"},
        {"per_kwh": float("nan"), "currency": "USD", "source": "The tariff"},
        {"per_kwh": "much", "currency": "USD", "source": "The tariff"},
    ],
)
def test_a_price_without_amount_currency_or_source_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        checked_price(given)


def test_an_empty_price_takes_it_away() -> None:
    assert checked_price({"per_kwh": "", "currency": "", "source": ""}) is None
