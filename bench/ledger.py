"""A ledger of a million events: how long it takes to seal and to verify it, and how much memory that takes.

    python -m bench.ledger --rows 1000000 --json

The events are written straight into the table, each with a payload of four members.
"""

import resource
import sys
import time

from bench.harness import Check, missed, parser, tell
from bench.server import Server, own_server
from cli.verify.ledger import verify_ledger
from domain.kernel.db import working_as
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys
from domain.kernel.tenancy import create_tenant

TENANT = "BENCH"
TARGET_S = 60.0
FLAT_MB = 50.0


def write_events(server: Server, rows: int) -> None:
    server.execute(f"SELECT set_config('app.tenant', '{TENANT}', false)")
    server.execute(
        "INSERT INTO events (event_id, event_type, occurred_at, actor_id, actor_role, entity_type, entity_id,"
        " request_id, ip, payload)"
        " SELECT uuidv7(), (ARRAY['grid.reads.published', 'kernel.proposal.approved', 'access.opened'])[n % 3 + 1],"
        " now() - make_interval(secs => n), gen_random_uuid()::text, 'OPERATOR', 'meter', 'M' || n, md5(n::text),"
        " '10.1.2.3', jsonb_build_object('n', n, 'kwh', n / 7.0, 'note', 'Übertragen an Station ' || n, 'flags',"
        f" jsonb_build_array('A', 'L')) FROM generate_series(1, {rows}) AS n"
    )
    server.execute("ANALYZE events")


def measure(server: Server, rows: int, rounds: int) -> list[Check]:
    create_tenant(TENANT, "Bench")
    ensure_signing_keys()
    write_events(server, rows)
    server.settle()
    began = time.perf_counter()
    with working_as(DbRole.MACHINE):
        sealed = seal_ledger(TENANT)
    checks = [Check("seal", time.perf_counter() - began, "s", TARGET_S)]
    assert sealed is not None
    assert sealed.size == rows
    server.execute("ANALYZE seal_leaves")
    server.settle()
    for number in range(rounds):
        peak, began = _peak_mb(), time.perf_counter()
        with working_as(DbRole.AUDITOR):
            done = verify_ledger(only=(TENANT,))
        seconds = time.perf_counter() - began
        assert done[0].rows == rows
        assert not done[0].findings
        checks.append(Check(f"verify, round {number + 1}", seconds, "s", TARGET_S))
        checks.append(Check("  memory that it added", _peak_mb() - peak, "MB", FLAT_MB))
    return checks


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=1_000_000, help="events in the ledger (default 1000000)")
    given = options.parse_args()
    with own_server(given.home) as server:
        checks = measure(server, given.rows, given.rounds)
        facts = server.machine() | {"rows": f"{given.rows:,}"}
    tell(given, checks, facts)
    sys.exit(bool(missed(checks)))


if __name__ == "__main__":
    main()
