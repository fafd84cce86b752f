"""Tenant T with a small fleet, a published day, a theft and scores; U with a fleet alone; E with nothing; R is real."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from api import limits
from domain.grid.metering.observe.publish import publish
from domain.grid.metering.observe.scenarios import Wish, inject
from domain.grid.metering.rules.dirt import CLEAN
from domain.grid.metering.rules.scenario import Kind
from domain.grid.metering.suggest import score_meters
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole, WriteMode, settings
from tests.conftest import Database, application
from tests.makers import make_fleet, make_tenant, make_token

# Midnights of New York in standard time.
FIRST, SCORED, END = (datetime(2026, 11, day, 5, tzinfo=UTC) for day in (9, 20, 21))
THEFT = datetime(2026, 11, 19, 5, tzinfo=UTC)
NOW = END + timedelta(minutes=20)
SignIn = Callable[..., TestClient]


def load(start: datetime, end: datetime, tenant: str = "T") -> None:
    publish(
        tenant,
        window_start=start,
        window_end=end,
        mode=WriteMode.UPSERT,
        now=NOW,
        actor="test",
        rates=CLEAN,
    )


@pytest.fixture(scope="module")
def world(module_database: Database) -> Iterator[None]:
    """Eleven days of reads; FEEDER_2 is robbed for the last two."""
    make_fleet("T", feeders=3, meters_per_feeder=20)
    make_fleet("U", feeders=1, meters_per_feeder=4)
    make_tenant("E", "Europe/Berlin")
    make_tenant("R", is_demo=False)
    load(FIRST, THEFT)
    inject(
        "T",
        Wish(Kind.THEFT, "FEEDER_2", 2 * 24 * 60, severity=0.8, share=0.2, starts_at=THEFT),
        now=NOW,
        actor="test",
        actor_role="OPERATOR",
    )
    load(THEFT, END)
    with transaction("T", DbRole.MACHINE) as connection:
        score_meters(connection, "T", date(2026, 11, 20), 2)
    yield
    limits._engine(settings().url(DbRole.APP)).dispose()
    limits._engine.cache_clear()


@pytest.fixture(scope="module")
def sign_in(world: None) -> Iterator[SignIn]:
    """A browser that is signed in as a person with the given roles."""
    opened: list[TestClient] = []
    app = application()

    def make(*roles: str, tenant: str = "T") -> TestClient:
        browser = TestClient(app, headers={"Accept": "text/html"}, raise_server_exceptions=False)
        browser.__enter__()
        opened.append(browser)
        if roles:
            token = make_token(tenant, *roles, email=f"{'-'.join(roles).lower()}@{tenant.lower()}.example")
            answer = browser.post("/sign-in", data={"token": token, "next": "/grid"}, follow_redirects=False)
            assert answer.status_code == 303, answer.text
        return browser

    yield make
    for browser in opened:
        browser.__exit__(None, None, None)


@pytest.fixture(scope="module")
def operator(sign_in: SignIn) -> TestClient:
    return sign_in("OPERATOR")


@pytest.fixture(scope="module")
def auditor(sign_in: SignIn) -> TestClient:
    return sign_in("AUDITOR")
