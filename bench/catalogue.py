"""Which benchmarks there are, what each runs in full, and the small run that proves that it runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One module of this package with its options."""

    module: str
    full: tuple[str, ...]
    quick: tuple[str, ...]
    needs_data: bool = False
    needs_program: str | None = None


def _part(module: str, full: str, quick: str, *, needs_data: bool = False, needs_program: str | None = None) -> Part:
    return Part(f"bench.{module}", tuple(full.split()), tuple(quick.split()), needs_data, needs_program)


# Full runs together stay below twenty minutes on two cores; each module takes larger numbers by itself.
BENCHES: dict[str, tuple[Part, ...]] = {
    "ingest": (
        _part("ingest", "--rounds 3 --stretch-days 12", "--reads 1920 --rounds 1 --stretch-days 2"),
    ),
    "kpi": (
        _part(
            "kpi",
            "--meters 5000 --days 10 --long-days 400 --times 30",
            "--meters 200 --days 6 --long-days 24 --times 3",
        ),
    ),
    "outages": (
        _part(
            "outages",
            "--trials 150 --feeders ckt5 --short",
            "--trials 3 --feeders ieee123 --only-single",
            needs_data=True,
        ),
    ),
    "http": (
        _part(
            "http",
            "--rounds 3",
            "--requests 8 --rounds 1 --callers 2 --advice 1 --nodes 40",
        ),
    ),
    "stairs": (
        _part("stairs", "--rounds 3", "--buildings 1 --instances 200 --runs 2 --rounds 1"),
        _part("stairs_trend", "--runs 120", "--runs 3"),
    ),
    "insight": (
        _part("insight", "--rounds 3", "--events 2000 --days 10 --rounds 1"),
        _part("learner_events", "--rounds 3", "--batches 4 --rounds 1 --connections 2"),
    ),
    "reports": (_part("reports", "--rounds 5", "--rounds 1"),),
    "startup": (_part("startup", "--rounds 3", "--rounds 1 --no-copy"),),
    "memory": (
        _part("memory", "--requests 800", "--requests 4 --callers 2 --advice 1 --nodes 40"),
    ),
    "suspicion": (
        _part("suspicion", "--seeds 10 --windows 1,7", "--seeds 1 --windows 7"),
    ),
    "ledger": (_part("ledger", "--rounds 1", "--rows 500 --rounds 1"),),
    "options": (
        _part(
            "options",
            "--cases 200 --rounds 8",
            "--cases 8 --rounds 1 --nodes 60 --made-up-only",
        ),
    ),
    "scale": (
        _part(
            "scale",
            "--meters 10000 --days 10",
            "--meters 20 --days 3",
            needs_program="redis-server",
        ),
        _part("units", "--meters 5000", "--meters 100"),
    ),
}  # fmt: skip
ALL = "all"
