"""What an operator hears of a meter is written down on the provisional outage's page, and believed from then on."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.grid.outages.observe.infer import infer
from domain.grid.outages.observe.signals import Report, take_in
from domain.grid.outages.store import provisionals
from domain.grid.outages.store.provisionals import Provisional
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from tests.conftest import Database, visiting
from tests.grid.outages.town import below, make_town, town
from tests.makers import make_tenant, make_token


def person(role: str, tenant: str = "T") -> dict[str, str]:
    token = make_token(tenant, role, email=f"{role.lower()}@{tenant.lower()}.example")
    return {"Authorization": f"Bearer {token}", "Accept": "text/html"}


def stored(prov_outage_id: UUID) -> Provisional:
    with transaction("T") as connection:
        return provisionals.load(connection, [prov_outage_id])[0]


def reports() -> list[str]:
    with transaction("T") as connection:
        return list(connection.execute(text("SELECT type FROM meter_events ORDER BY at")).scalars())


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    with visiting() as made:
        yield made


@pytest.fixture
def doubtful(database: Database) -> Provisional:
    """Three of the sixteen meters behind a fuse have gasped ten minutes ago: it may be the fuse, or less."""
    network, now = make_town("T"), utc_now()
    gasped = below(network, "FUSE-N2")[:3]
    with transaction("T") as connection:
        at = now - timedelta(minutes=10)
        take_in(connection, "T", [Report("POWER_OUT", at, "meter", one) for one in gasped], now)
        rows = infer(connection, "T", now=now, requested_by="test").rows
    found = next(one for one in rows if one.next_pings)
    assert 0.01 < found.posterior < 0.999
    return found


@pytest.mark.parametrize(("said", "kind"), [("answered", "PING_OK"), ("silent", "PING_NO_ANSWER")])
def test_what_a_meter_says_to_a_ping_moves_what_is_believed(
    client: TestClient, doubtful: Provisional, said: str, kind: str
) -> None:
    here = f"/grid/outages/provisional/{doubtful.prov_outage_id}"
    page = client.get(here, headers=person("OPERATOR")).text
    meter = str(doubtful.next_pings[0]["meter_id"])
    assert re.search(rf'name="meter_id" value="{meter}"><button name="said" value="answered">', page)
    answer = client.post(f"{here}/heard", headers=person("OPERATOR"), data={"meter_id": meter, "said": said})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{here}?done=heard")
    assert reports()[-1] == kind
    told = client.get(answer.headers["location"], headers=person("OPERATOR")).text
    assert "inferred anew" in told
    after = stored(doubtful.prov_outage_id)
    assert after.run_id != doubtful.run_id
    is_behind = meter in below(town(), doubtful.device_id)
    assert (after.posterior > doubtful.posterior) is (is_behind is (said == "silent"))


def test_a_customers_call_is_taken_down_for_a_meter_that_is_typed(client: TestClient, doubtful: Provisional) -> None:
    here = f"/grid/outages/provisional/{doubtful.prov_outage_id}"
    meter = str(doubtful.next_pings[-1]["meter_id"])
    typed = {"meter_id": f" {meter} ", "said": "called"}
    assert client.post(f"{here}/heard", headers=person("ADMIN"), data=typed).status_code == 303
    assert reports()[-1] == "CALL"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"meter_id": "M-NOBODY", "said": "called"}, "No active meter is called"),
        ({"meter_id": "", "said": "silent"}, "No active meter is called"),
        ({"meter_id": "M-NOBODY", "said": "restored"}, "Press what the meter"),
        ({"meter_id": "M-NOBODY"}, "Press what the meter"),
    ],
)
def test_what_no_meter_can_have_said_is_refused_and_stays_typed(
    client: TestClient, doubtful: Provisional, typed: dict[str, str], says: str
) -> None:
    here, before = f"/grid/outages/provisional/{doubtful.prov_outage_id}", reports()
    answer = client.post(f"{here}/heard", headers=person("OPERATOR"), data=typed)
    assert answer.status_code == 422
    assert says in answer.text
    assert f'name="meter_id" value="{typed["meter_id"]}"' in answer.text
    assert reports() == before
    assert stored(doubtful.prov_outage_id).run_id == doubtful.run_id


def test_who_only_reads_is_offered_no_form_and_another_tenant_finds_nothing(
    client: TestClient, doubtful: Provisional
) -> None:
    make_tenant("OTHER")
    here = f"/grid/outages/provisional/{doubtful.prov_outage_id}"
    meter, before = str(doubtful.next_pings[0]["meter_id"]), reports()
    for role in ("AUDITOR", "MANAGER", "REVIEWER"):
        page = client.get(here, headers=person(role)).text
        assert meter in page
        assert "/heard" not in page
    given = {"meter_id": meter, "said": "answered"}
    assert client.post(f"{here}/heard", headers=person("AUDITOR"), data=given).status_code == 403
    assert client.post(f"{here}/heard", headers=person("OPERATOR", "OTHER"), data=given).status_code == 404
    assert reports() == before
