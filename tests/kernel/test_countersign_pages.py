"""The queue and the review page: what is asked, two buttons, and none once it is signed."""

import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from api import limits
from api.gate import SESSION_COOKIE
from domain.kernel.canonical import sha256_hex
from domain.kernel.db import transaction
from domain.kernel.gates import RELEASE_MIGRATION, RETENTION_DISPOSAL, Gate
from domain.kernel.login import form_token, open_session
from domain.kernel.proposals import Proposal, Subject, load_proposal
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database, application
from tests.kernel.gates_of_tests import lay_down
from tests.makers import make_person, make_tenant

HOSTILE = "<script>alert(1)</script>\" onload='x'"


class Browser:
    """A signed-in person: gets pages, and posts forms with the token of the session."""

    def __init__(self, name: str, *roles: str) -> None:
        self.person = make_person("T", name, *roles)
        self.secret = open_session(self.person, datetime.now(UTC))
        self.client = TestClient(application(), headers={"Accept": "text/html"}, follow_redirects=False)
        self.client.cookies.set(SESSION_COOKIE, self.secret)

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, token: str | None = None, **typed: object):  # type: ignore[no-untyped-def]
        return self.client.post(path, data={"form_token": token or form_token(self.secret), **typed})


@pytest.fixture(scope="module")
def amy(module_database: Database) -> Iterator[Browser]:
    make_tenant("T", "Europe/Berlin")
    yield Browser("amy", "ADMIN", "RELEASE_APPROVER")
    limits._engine(settings().url(DbRole.APP)).dispose()
    limits._engine.cache_clear()


def laid(gate: Gate = RETENTION_DISPOSAL, **more: object) -> Proposal:
    with transaction("T") as connection:
        return lay_down(connection, gate, **more)


def state(proposal: Proposal) -> str:
    with transaction("T") as connection:
        return load_proposal(connection, proposal.proposal_id).state


def buttons(html: str) -> list[str]:
    main = html[html.index("<main") :]
    return [
        re.sub(r"<[^>]+>", "", one).strip()
        for one in re.findall(r"<button(?! type=\"button\")[^>]*>.*?</button>", main)
    ]


def test_the_home_page_lists_what_waits_and_the_frame_counts_it(amy: Browser) -> None:
    proposal = laid(summary="Dispose of the reads of October.", evidence={"rows": "15,981,234"})
    html = amy.get("/")
    assert "Dispose of the reads of October." in html
    assert f"/countersign/{proposal.proposal_id}" in html
    assert 'wait for you">' in html
    assert "Suggested" in html


def test_a_person_signs_by_form_exactly_what_was_shown(amy: Browser) -> None:
    proposal = laid(summary="Dispose of the reads of May.", evidence={"rows": "1,234"})
    page = f"/countersign/{proposal.proposal_id}"
    html = amy.get(page)
    assert buttons(html) == ["Countersign", "Refuse", "Ask for more"]
    for words in (
        RETENTION_DISPOSAL.consequence,
        RETENTION_DISPOSAL.meaning,
        "1,234",
        "Advisory-only recommendations.",
    ):
        assert words in html
    shown = re.search(r'name="content_hash" value="(\w+)"', html)
    assert shown is not None
    assert amy.post(f"{page}/approve", content_hash="0" * 64).status_code == 409
    assert amy.post(f"{page}/approve", content_hash=shown[1]).headers["location"] == f"{page}?done=signed"
    assert amy.post(f"{page}/approve", content_hash=shown[1]).headers["location"] == f"{page}?done=again"
    signed = amy.get(f"{page}?done=again")
    assert buttons(signed) == []
    assert "Countersigned by amy" in signed
    chain = re.search(r"/countersignatures/[0-9a-f-]+", signed)
    assert chain is not None
    assert buttons(amy.get(chain[0])) == []
    assert state(proposal) == "APPROVED"


def test_a_form_of_another_site_signs_nothing(amy: Browser) -> None:
    proposal = laid()
    answer = amy.post(
        f"/countersign/{proposal.proposal_id}/approve", token="0" * 64, content_hash=proposal.content_hash
    )
    assert answer.status_code == 403
    assert state(proposal) == "WAITING"


def test_a_refusal_without_reason_comes_back_and_keeps_what_was_typed(amy: Browser) -> None:
    proposal = laid()
    page = f"/countersign/{proposal.proposal_id}"
    answer = amy.post(f"{page}/refuse", reason="  ")
    assert answer.status_code == 422
    assert "A reason is needed" in answer.text
    long = amy.post(f"{page}/refuse", reason="because " * 400)
    assert long.status_code == 422
    assert "because because" in long.text
    assert amy.post(f"{page}/refuse", reason="Wrong days.").status_code == 303
    assert "Wrong days." in amy.get(page)
    assert state(proposal) == "REFUSED"


def test_whoever_proposed_it_may_take_it_back_and_no_more(amy: Browser) -> None:
    proposal = laid(by=amy.person.id)
    page = f"/countersign/{proposal.proposal_id}"
    html = amy.get(page)
    assert buttons(html) == ["Take back"]
    assert "another person signs it" in html
    assert amy.post(f"{page}/approve", content_hash=proposal.content_hash).status_code == 403
    assert amy.post(f"{page}/withdraw", reason="A mistake.").status_code == 303
    assert state(proposal) == "WITHDRAWN"


def test_several_are_refused_for_one_reason(amy: Browser) -> None:
    one, two, other = laid(), laid(), laid()
    answer = amy.post("/countersign/refuse", proposal=[str(one.proposal_id), str(two.proposal_id)], reason="Not now.")
    assert answer.headers["location"] == "/?refused=2&left=0"
    assert [state(one), state(two), state(other)] == ["REFUSED", "REFUSED", "WAITING"]
    assert amy.post("/countersign/refuse", reason="Not now.").status_code == 422


def test_the_page_shows_what_changed_since_the_last_signature(amy: Browser) -> None:
    subject = Subject("environment", "pilot")
    old = laid(RELEASE_MIGRATION, subject=subject, content={"sql": "CREATE TABLE a ();\nCOMMIT;"})
    amy.post(f"/countersign/{old.proposal_id}/approve", content_hash=old.content_hash)
    new = laid(RELEASE_MIGRATION, subject=subject, content={"sql": "CREATE TABLE b ();\nCOMMIT;"})
    html = amy.get(f"/countersign/{new.proposal_id}")
    assert '<span class="removed">-   CREATE TABLE a ();' in html
    assert '<span class="added">+   CREATE TABLE b ();' in html


def test_a_list_within_what_is_signed_is_a_table_with_names_first_and_units_in_its_head(amy: Browser) -> None:
    meters = [
        {"score": 80.5 - n, "latitude": 53.6, "reasons": ["Used 65 % less."], "meter_id": f"M{n}", "loss_kwh": n}
        | {"of": str(uuid.uuid4())}
        for n in range(60)
    ]
    read = [{"of_id": "A", "at": "2026-11-21T10:00:00Z", "on": "2026-11-21", "note": None, "deep": {"a": 1}}]
    proposal = laid(content={"meters": meters, "read": read, "odd": [1, {"a": 1}], "empty": []})
    html = amy.get(f"/countersign/{proposal.proposal_id}")
    assert "Meters, the first 50 of 60" in html
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', html)
    assert heads == ["Meter", "Score", "Loss kWh", "Reasons", "Of", "At", "On"]
    first = re.search(r"<tbody><tr>(.*?)</tr>", html)
    assert first is not None
    assert re.findall(r">([^<]+)</t", first[1]) == ["M0", "80.5", "0", "Used 65 % less."]
    assert "Sat 21 Nov 2026" in html
    assert "Every member, line by line" in html
    assert "meters[59].meter_id: M59" in html


def test_a_large_content_is_shown_in_part_and_given_whole(amy: Browser) -> None:
    rows = [{"meter": f"M{n:06d}", "why": "x" * 150} for n in range(50_000)]
    large = laid(content={"rows": rows, "text": "y" * 1_000_000}, evidence={"long": "z" * 1_000_000})
    html = amy.get(f"/countersign/{large.proposal_id}")
    assert len(html) < 256 * 1024
    assert "99,601 more follow. You sign all of them" in html
    whole = amy.client.get(f"/countersign/{large.proposal_id}/content.json")
    assert sha256_hex(whole.content) == large.content_hash
    assert amy.client.get(f"/countersign/{uuid.uuid4()}/content.json").status_code == 404


def test_a_large_list_in_another_order_is_compared_within_seconds_and_says_that_it_goes_on(amy: Browser) -> None:
    subject = Subject("environment", "large")
    rows = [{"meter": f"M{n:06d}", "score": n / 7} for n in range(50_000)]
    old = laid(subject=subject, content={"rows": rows})
    amy.post(f"/countersign/{old.proposal_id}/approve", content_hash=old.content_hash)
    new = laid(subject=subject, content={"rows": rows[::-1]})
    began = time.monotonic()
    html = amy.get(f"/countersign/{new.proposal_id}")
    assert time.monotonic() - began < 60
    assert "There is more that differs; the whole content has it." in html
    assert len(html) < 256 * 1024


def test_nothing_that_was_proposed_runs_as_script(amy: Browser) -> None:
    proposal = laid(
        summary=HOSTILE, content={HOSTILE: HOSTILE}, evidence={HOSTILE: HOSTILE}, subject=Subject(HOSTILE, HOSTILE)
    )
    for page in ("/", f"/countersign/{proposal.proposal_id}"):
        assert "<script>alert" not in amy.get(page)


def test_somebody_who_may_decide_on_nothing_is_told_so_and_shown_the_way_on(amy: Browser) -> None:
    html = Browser("ann", "AUDITOR").get("/")
    assert "None of your roles decides on anything" in html
    assert 'href="/grid"' in html


def test_odd_addresses_are_not_found(amy: Browser) -> None:
    for path in ("/countersign/1", "/countersignatures/x", "/countersign/00000000-0000-0000-0000-000000000000"):
        assert amy.client.get(path).status_code == 404
    assert amy.post("/countersign/00000000-0000-0000-0000-000000000000/dance").status_code == 404
