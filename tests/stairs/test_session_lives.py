"""Any life of a session, act by act in any order: what is final stays final, and what is found has its proof."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, text

from api.acts import ACTS
from domain.kernel.canonical import content_hash
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, Forbidden, Invalid
from domain.kernel.principal import Principal
from domain.kernel.signed import Decision
from domain.stairs.observe import sessions
from domain.stairs.observe.conflicts import settle
from domain.stairs.observe.mended import mend
from domain.stairs.observe.results import step, take_result
from domain.stairs.rules.session_state import InstanceStatus
from domain.stairs.suggest.fault_review import Said, review
from domain.stairs.suggest.handing_in import hand_in, proposed_anew
from tests.conftest import Database
from tests.makers import make_person, make_tenant
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_a_session_over_http import TOOLS, VALUES

NOW = datetime(2026, 11, 21, 1, tzinfo=UTC)
REASON = "As the visit went"
PLACES = st.integers(min_value=0, max_value=7)
# What belongs to an approved session and can never change again.
SEALED = {
    "test_sessions": "id = :id",
    "test_instances": "session_id = :id",
    "instance_evaluations": "session_id = :id",
    "evidence_records": "session_id = :id",
}
FOUND = "id, instance_id, severity, defect_classification, standard_class, description, measured_value, rule_applied"


class World:
    """Who acts, and where."""

    def __init__(self, house: SmallHouse) -> None:
        self.house = house
        self.tom = make_person("T", "tom", "TECHNICIAN")
        self.rita = make_person("T", "rita", "REVIEWER")


class Life(RuleBasedStateMachine):
    """One session from its plan on, and the session that amends it."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.acts, self.sessions = 0, [uuid.UUID(int=0)]
        self.final: dict[uuid.UUID, str] = {}
        self.counts: dict[uuid.UUID, str] = {}
        self.sealed: dict[uuid.UUID, str] = {}

    @property
    def session(self) -> uuid.UUID:
        return self.sessions[-1]

    def act(self, what: Callable[[Connection], Any]) -> Any:
        """What comes of an act; None where it is refused, and then nothing of it stays."""
        self.acts += 1
        try:
            with transaction("T", actor=self.world.tom.id) as connection:
                return what(connection)
        except (Conflict, Forbidden, Invalid):
            return None

    def rows(self, query: str, **given: Any) -> list[Any]:
        with transaction("T") as connection:
            return list(connection.execute(text(query), {"id": self.session} | given))

    def instance(self, place: int) -> Any:
        found = self.rows("SELECT * FROM test_instances WHERE session_id = :id ORDER BY sequence_order, instance_id")
        return found[place % len(found)]

    @initialize(stage=st.integers(min_value=0, max_value=7), skipped=PLACES)
    def begin(self, stage: int, skipped: int) -> None:
        """Lives begin at different ages, so that the late ones are lived too."""
        self._plan()
        if stage > 0:
            self.walk(skipped, "skipped")
        if stage == 6:
            for place in range(8):
                self._send(place, is_low=True, days=0)
            self.review_one("reclassify")
        if stage > 1:
            self.test_all()
        if stage in (3, 4, 5):
            self._send(skipped + 1, is_low=stage == 4, days=1)
        if stage == 4:
            self.settle_one(took_this=True)
        if stage in (5, 7):
            self.settle_one(took_this=False)
            self.submit()
            self.sign(Decision.APPROVED if stage == 5 else Decision.REFUSED, is_own=False)

    def _plan(self) -> None:
        made = self.act(
            lambda connection: sessions.create_session(
                connection,
                self.world.tom,
                building_id=self.world.house.building,
                frequency="annual",
                planned_for=date(2026, 11, 21),
                technician_id=None,
            )
        )
        self.sessions = [made.session.id]

    @rule(place=PLACES, to=st.sampled_from(["in_progress", "skipped", "failed", "pending"]))
    def walk(self, place: int, to: InstanceStatus) -> None:
        own = self.instance(place).instance_id
        self.act(lambda connection: step(connection, self.world.tom, self.session, own, to, now=NOW, reason=REASON))

    @rule(place=PLACES, is_low=st.booleans(), days=st.integers(min_value=0, max_value=2))
    def test(self, place: int, is_low: bool, days: int) -> None:
        self._send(place, is_low, days)

    @rule()
    def test_all(self) -> None:
        for place in range(8):
            if self.instance(place).status not in ("completed", "skipped"):
                self._send(place, False, 0)

    def _send(self, place: int, is_low: bool, days: int) -> None:
        row = self.instance(place)
        kind, own = row.measurement_type, uuid.uuid4()
        payload: dict[str, Any] = {"tested_at": (NOW - timedelta(days=days)).isoformat()} | VALUES[kind]
        if kind in TOOLS:
            payload["used_instrument_id"] = str(self.world.house.instruments[TOOLS[kind]])
        if is_low and "value" in payload:
            payload["value"] = "18.2" if kind == "pressure_differential" else "118.5"
        taken = self.act(
            lambda connection: take_result(
                connection, self.world.tom, self.session, row.instance_id, own, payload, now=NOW
            )
        )
        if taken is not None and taken.outcome == "accepted":
            assert row.status not in ("completed", "skipped"), "a result was taken over another one"
            self.counts[row.instance_id] = payload["tested_at"]

    @rule(took_this=st.booleans())
    def settle_one(self, took_this: bool) -> None:
        waiting = self.rows(
            "SELECT submission_id, instance_id, payload ->> 'tested_at' AS tested_at FROM session_submissions"
            " WHERE session_id = :id AND outcome = 'conflict' AND resolution IS NULL ORDER BY submission_id LIMIT 1"
        )
        if not waiting:
            return
        resolution = "took_this" if took_this else "kept_first"

        def decided(connection: Connection) -> Any:
            told = settle(
                connection, self.world.rita, self.session, waiting[0].submission_id,
                resolution=resolution, reason=REASON, now=NOW,
            )  # fmt: skip
            proposed_anew(connection, self.session)
            return told

        if self.act(decided) is not None and took_this:
            self.counts[waiting[0].instance_id] = waiting[0].tested_at

    @rule(place=PLACES)
    def retest(self, place: int) -> None:
        own = self.instance(place).instance_id
        self.act(lambda connection: sessions.retest(connection, self.world.tom, self.session, own))

    @rule(action=st.sampled_from(["confirm", "reclassify", "dismiss"]))
    def review_one(self, action: str) -> None:
        found = self.rows("SELECT id FROM faults WHERE test_session_id = :id AND review_state = 'proposed' ORDER BY id")
        if not found:
            return
        more: dict[str, Any] = {
            "reclassify": {"severity": "low"},
            "dismiss": {"invalid_measurement": "Site diary"},
        }.get(action, {})

        def signed(connection: Connection) -> None:
            laid = review(connection, found[0].id, Said(action=action, reason=REASON, **more))
            self._decide(connection, self.world.rita, laid.proposal_id, Decision.APPROVED, laid.content_hash)
            proposed_anew(connection, self.session)

        self.act(signed)

    @rule()
    def mend_one(self) -> None:
        found = self.rows("SELECT id FROM faults WHERE test_session_id = :id AND status = 'open' ORDER BY id LIMIT 1")
        if found:
            self.act(lambda connection: mend(connection, self.world.tom, found[0].id, REASON, NOW))

    @rule()
    def submit(self) -> None:
        self.act(lambda connection: hand_in(connection, self.world.tom, self.session, NOW))

    @rule(decision=st.sampled_from([Decision.APPROVED, Decision.APPROVED, Decision.REFUSED]), is_own=st.booleans())
    def sign(self, decision: Decision, is_own: bool) -> None:
        waiting = self.rows(
            "SELECT proposal_id, content_hash FROM v_proposals WHERE kind = 'stairs.session' AND state = 'WAITING'"
            " AND subject_id = CAST(:id AS text) ORDER BY created_at DESC LIMIT 1"
        )
        if not waiting:
            return
        who = self.world.tom if is_own else self.world.rita
        own, digest = waiting[0].proposal_id, waiting[0].content_hash
        answer = self.act(lambda connection: self._decide(connection, who, own, decision, digest))
        if answer is not None and decision is Decision.APPROVED:
            assert who is self.world.rita, "who tested has approved"
            self.sealed[self.session] = self._seal(self.session)

    def _decide(self, connection: Connection, who: Principal, own: uuid.UUID, decision: Decision, digest: str) -> Any:
        return decide(connection, who, ACTS, own, decision, content_hash=digest, reason=REASON)

    @rule(place=PLACES)
    def amend(self, place: int) -> None:
        own = self.instance(place).instance_id
        made = self.act(
            lambda connection: sessions.amend(
                connection,
                self.world.tom,
                self.session,
                instance_ids=[own],
                planned_for=date(2026, 11, 22),
                reason=REASON,
            )
        )
        if made is not None:
            assert self.session in self.sealed, "what was not approved was amended"
            self.sessions.append(made.session.id)

    @precondition(lambda self: self.acts > 15)
    @rule()
    def give_up(self) -> None:
        self.act(lambda connection: sessions.void(connection, self.world.tom, self.session, REASON))

    @invariant()
    def what_is_done_stays_done_and_what_counts_is_what_was_taken(self) -> None:
        for row in self.rows("SELECT instance_id, status, tested_at FROM test_instances WHERE session_id = :id"):
            assert self.final.get(row.instance_id, row.status) == row.status
            if row.status in ("completed", "skipped"):
                self.final[row.instance_id] = row.status
            if row.status == "completed":
                assert row.tested_at == datetime.fromisoformat(self.counts[row.instance_id])

    @invariant()
    def every_verdict_and_every_fault_has_its_evaluation(self) -> None:
        rows = self.rows(
            "SELECT i.verdict, e.outputs ->> 'verdict' AS judged FROM test_instances AS i"
            " LEFT JOIN LATERAL (SELECT outputs FROM instance_evaluations AS e WHERE e.instance_id = i.instance_id"
            "  ORDER BY seq DESC LIMIT 1) AS e ON true WHERE i.session_id = :id"
        )
        assert all(row.verdict == row.judged for row in rows)
        lost = self.rows(
            "SELECT f.id FROM faults AS f WHERE f.test_session_id = :id AND NOT EXISTS (SELECT 1"
            " FROM instance_evaluations AS e WHERE e.instance_id = f.instance_id"
            "  AND e.outputs ->> 'verdict' = 'non_compliant')"
        )
        assert lost == []
        unfound = self.rows(
            "SELECT i.instance_id FROM test_instances AS i WHERE i.session_id = :id AND i.verdict = 'non_compliant'"
            " AND NOT EXISTS (SELECT 1 FROM faults AS f WHERE f.instance_id = i.instance_id)"
        )
        assert unfound == []

    @invariant()
    def what_is_approved_never_changes(self) -> None:
        for session, seal in self.sealed.items():
            assert self._seal(session) == seal

    def _seal(self, session: uuid.UUID) -> str:
        whole = [
            self.rows(f"SELECT to_jsonb(t)::text FROM {table} AS t WHERE {of} ORDER BY 1", id=session)
            for table, of in SEALED.items()
        ]
        found = self.rows(f"SELECT {FOUND} FROM faults WHERE test_session_id = :id ORDER BY id", id=session)
        status = self.rows("SELECT status FROM test_sessions WHERE id = :id", id=session)
        assert [row.status for row in status] == ["approved"]
        return content_hash(repr((whole, found)))


@pytest.fixture(scope="module")
def world(module_database: Database) -> World:
    make_tenant("T", "Australia/Sydney")
    return World(SmallHouse(module_database))


REACHED = {
    "approved": "test_sessions WHERE status = 'approved'",
    "amended": "test_sessions WHERE supersedes_session_id IS NOT NULL",
    "returned": "events WHERE event_type = 'stairs.session.returned'",
    "settled": "session_submissions WHERE resolution = 'took_this'",
    "retested": "test_instances WHERE retest_of IS NOT NULL",
    "reviewed": "faults WHERE review_state <> 'proposed'",
    "locked": "session_submissions WHERE outcome = 'locked'",
    "beside a skip": "session_submissions AS s JOIN test_instances AS i USING (tenant_id, instance_id)"
    " WHERE s.outcome = 'conflict' AND i.status = 'skipped'",
}


def test_any_life_of_a_session_keeps_its_promises(world: World) -> None:
    Life.world = world
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_age_of_a_session_is_reached_and_keeps_its_promises(world: World) -> None:
    Life.world = world
    for stage in range(8):
        life = Life()
        life.begin(stage=stage, skipped=1)
        for act in (
            lambda one: one.test(place=1, is_low=False, days=2),
            lambda one: one.test(place=0, is_low=True, days=2),
            lambda one: one.retest(place=0),
            lambda one: one.review_one(action="confirm"),
            lambda one: one.amend(place=0),
            lambda one: one.submit(),
            lambda one: one.sign(decision=Decision.APPROVED, is_own=True),
        ):
            act(life)
            life.what_is_done_stays_done_and_what_counts_is_what_was_taken()
            life.every_verdict_and_every_fault_has_its_evaluation()
            life.what_is_approved_never_changes()
    with transaction("T") as connection:
        reached = {
            name: connection.execute(text(f"SELECT count(*) FROM {what}")).scalar_one()
            for name, what in REACHED.items()
        }
    assert all(reached.values()), reached
