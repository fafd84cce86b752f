"""Resident memory of the API process: before it is asked anything, and the most that it had under load.

    python -m bench.memory [--requests 800] [--callers 16] [--nodes N] [--json]

The load is that of bench.http (reads, a page, batches of learner events, advice on an outage), all in one process.
"""

from bench.harness import Check, parser, tell
from bench.http import add_load_options, advice, doors, lay_out
from bench.load import load
from bench.server import own_server
from bench.serving import Served, api_process
from domain.kernel.logs import configure_logs

LIMIT_MB = 400.0


def measure(api: Served, requests: int, callers: int, times: int, nodes: int | None) -> list[Check]:
    """Memory when idle, after each door, and at its peak."""
    idle = api.memory_mb()
    for door in doors():
        load(api.address, [door.ours() for _ in range(requests)], callers)
    after = api.memory_mb()
    advice(api, times, nodes)
    note = f"{idle:.0f} MB before the first request, {after:.0f} MB after {5 * requests:,} answers"
    return [
        Check("API, resident before the first request", idle, "MB"),
        Check("API, peak resident under load", api.peak_mb(), "MB", LIMIT_MB, note=note),
    ]


def main() -> None:
    """Measure and print."""
    configure_logs("bench", "WARNING")
    options = parser(__doc__)
    add_load_options(options, requests=800, callers=16, advice=5)
    given = options.parse_args()
    with own_server(given.home) as server:
        facts = server.machine()
        lay_out(server, 1_000)
        with api_process(server.postgres.home) as api:
            checks = measure(api, given.requests, given.callers, given.advice, given.nodes)
    tell(given, checks, facts)


if __name__ == "__main__":
    main()
