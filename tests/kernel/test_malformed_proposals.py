"""A proposal whose content its kind cannot carry out: refused with a reason, nothing signed; never a fault of ours."""

from http import HTTPStatus
from typing import Any

import pytest
from sqlalchemy import text

from api.acts import ACTS
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from domain.kernel.proposals import Subject, propose
from domain.kernel.signed import Decision
from tests.conftest import Database
from tests.makers import make_person, make_tenant

EFFECTS = sorted(kind for kind, act in ACTS.items() if act.effect is not None)
CONTENTS: list[Any] = [{"n": 1}, [], "text", 7, {"act": "unknown", "rows": [None]}]


def test_there_are_acts_with_an_effect() -> None:
    assert len(EFFECTS) >= 8


@pytest.mark.parametrize("kind", EFFECTS)
def test_malformed_content_is_refused_and_nothing_is_signed(database: Database, kind: str) -> None:
    make_tenant("T")
    gate = ACTS[kind].gate
    signer = make_person("T", "ada", *(role.value for role in sorted(gate.roles)))
    for number, content in enumerate(CONTENTS):
        with transaction("T") as connection:
            made = propose(
                connection, gate, Subject("thing", str(number)), content=content, summary="Odd.", proposed_by="machine"
            )
        with pytest.raises(CountersignError) as caught, transaction("T") as connection:
            decide(
                connection,
                signer,
                ACTS,
                made.proposal_id,
                Decision.APPROVED,
                content_hash=made.content_hash,
                reason="I was tricked.",
            )
        assert HTTPStatus.BAD_REQUEST <= caught.value.status < HTTPStatus.INTERNAL_SERVER_ERROR, caught.value
        assert caught.value.hint
    with transaction("T") as connection:
        assert connection.execute(text("SELECT count(*) FROM countersignatures")).scalar_one() == 0
