"""Carries out whatever stands signed and is not done, again and again, until it is killed."""

import sys
import time
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from domain.kernel.db import transaction, working_as
from domain.kernel.errors import CountersignError
from domain.kernel.fulfil import fulfil
from domain.kernel.settings import DbRole
from orchestration.doers import DOERS

BREATH_S = 0.05
# Unlike the sensor it does not stop after three attempts: here most attempts are killed on purpose.
OPEN = text(
    "SELECT c.countersignature_id FROM countersignatures AS c LEFT JOIN fulfilments AS f USING (countersignature_id)"
    " WHERE c.decision = 'APPROVED' AND c.kind = 'outage.report' AND f.status IS DISTINCT FROM 'DONE'"
    " ORDER BY c.signed_at, c.countersignature_id"
)


def main() -> None:
    """The tenants are the arguments. A database that is away is asked again."""
    with working_as(DbRole.MACHINE):
        while True:
            for tenant_id in sys.argv[1:]:
                with suppress(CountersignError, SQLAlchemyError):
                    _carry_out_all(tenant_id)
            time.sleep(BREATH_S)


def _carry_out_all(tenant_id: str) -> None:
    with transaction(tenant_id) as connection:
        found = list(connection.execute(OPEN).scalars())
    for own in found:
        fulfil(tenant_id, own, DOERS, run_id="broken", actor_id="test")
