"""What each process is told: its own database roles, and no other's."""

import os
from collections.abc import Collection
from pathlib import Path

from cli.services.processes import MARK
from domain.kernel.settings import DbRole, settings

# Who speaks to a model's service: the worker alone.
AUTHOR_KEYS = ("COUNTERSIGN_AUTHOR_KEY", "COUNTERSIGN_AUTHOR_KEY_FILE")
SECRETS = {
    *AUTHOR_KEYS,
    "DATABASE_URL",
    "GRIDLENS_API_KEY",
    "COUNTERSIGN_GRIDLENS_API_KEY",
    *(f"COUNTERSIGN_{role.value.upper()}_DATABASE_URL" for role in DbRole),
}
API_ROLES = (DbRole.APP, DbRole.LOADER)
WORKER_ROLES = (DbRole.MACHINE,)
DAGSTER_ROLES = (DbRole.MACHINE, DbRole.LOADER, DbRole.DAGSTER)


def child_environment(instance: str, home: Path, roles: Collection[DbRole], **more: str | None) -> dict[str, str]:
    """Our own environment without any address of the database, plus those of `roles`, the home and the mark."""
    environment = {name: value for name, value in os.environ.items() if name not in SECRETS}
    for role in roles:
        environment[f"COUNTERSIGN_{role.value.upper()}_DATABASE_URL"] = _url(role)
    environment |= {
        MARK: instance,
        "COUNTERSIGN_HOME": str(home),
        "COUNTERSIGN_ENV": settings().env.value,
        "PYTHONUNBUFFERED": "1",
    }
    return environment | {name: value for name, value in more.items() if value is not None}


def _url(role: DbRole) -> str:
    url = settings().url(role)
    if role is not DbRole.DAGSTER:
        return url
    # Dagster listens and notifies through psycopg2; with psycopg 3 its daemon fails while its pages still open.
    url = url.replace("postgresql://", "postgresql+psycopg2://", 1)
    if settings().database_url is not None:
        url += "%20-c%20search_path%3Ddagster"
    return url
