"""A hundred buildings, ten years of visits: the two queries with their plans, generation, and verdicts.

    python -m bench.stairs [--buildings 100] [--instances 200000] [--runs 20] [--plans] [--json]

Queries are asked as the application's role, behind row-level security, warm, the median of the runs. Generation expands
the pilot building's registry into its annual templates; evaluation judges pressure tests with all their proof. Neither
touches a database. Targets are those of the field's documents. Exit 1 when one is missed.
"""

import json
import sys
import time

from bench.harness import Check, missed, parser, tell
from bench.server import own_server
from bench.stairs.population import Population, Size, populate
from bench.stairs.queries import both, history, median_ms, plan
from bench.stairs.rules import evaluation_ms, generation_s, session_s

EVALUATION_MS, GENERATION_S, SESSION_S = 20.0, 2.0, 10.0


def query_checks(made: Population, runs: int) -> list[Check]:
    """Milliseconds of each query, and whether its plan goes by an index."""
    checks = []
    for query in [*both(made), history(made)]:
        told = plan(made, query)
        used = ", ".join(sorted(told.indexes))
        spent = median_ms(made, query, runs)
        checks.append(Check(f"{query.name} query, median of {runs}", spent, "ms", query.target_ms, note=used))
        scans = float("test_instances" in told.sequential)
        checks.append(Check(f"{query.name} query: scans of test_instances", scans, "", 0.0, note=f"{told.rows} rows"))
    return checks


def rule_checks(rounds: int) -> list[Check]:
    """Seconds of generation and milliseconds of a verdict, without any database."""
    templates, seconds = generation_s(rounds)
    verdicts, session = session_s(rounds)
    return [
        Check("generate the pilot's annual templates", seconds, "s", GENERATION_S, note=f"{templates} templates"),
        Check("generated templates a second", templates / seconds, "1/s"),
        Check("one verdict, median", evaluation_ms(rounds), "ms", EVALUATION_MS),
        Check("verdicts of a whole annual session", session, "s", SESSION_S, note=f"{verdicts} verdicts"),
    ]


def main() -> None:
    """Measure, print, and say by the exit code whether the targets are met."""
    options = parser(__doc__)
    options.add_argument("--buildings", type=int, default=100, help="how many buildings (default 100)")
    options.add_argument("--instances", type=int, default=200_000, help="tests over all of them (default 200000)")
    options.add_argument("--runs", type=int, default=20, help="warm runs of each query (default 20)")
    options.add_argument("--plans", action="store_true", help="print the plans as well")
    given = options.parse_args()
    with own_server(given.home) as server:
        began = time.perf_counter()
        made = populate(Size(given.buildings, given.instances))
        filled = Check("test instances written a second", made.instances / (time.perf_counter() - began), "1/s")
        server.settle()
        checks = [*query_checks(made, given.runs), *rule_checks(given.rounds), filled]
        plans = {query.name: plan(made, query).nodes for query in both(made)}
        facts = server.machine() | {"instances": f"{made.instances:,}", "buildings": str(given.buildings)}
    tell(given, checks, facts, plans=plans)
    if given.plans and not given.json:
        print(json.dumps(plans, indent=1))
    sys.exit(bool(missed(checks)))


if __name__ == "__main__":
    main()
