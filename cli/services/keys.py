"""What a copy needs before its first caller: the key that signs dev tokens, the demo tenant, GRIDLENS_API_KEY."""

import secrets
from pathlib import Path

from sqlalchemy import text

from cli.services.postgres import write_private
from domain.kernel.db import transaction
from domain.kernel.errors import NotConfigured
from domain.kernel.keys import GRIDLENS_KEY_ID, register_literal_key
from domain.kernel.settings import DbRole, Env, settings
from domain.kernel.signing import Purpose, ensure_signing_keys, key_path
from domain.kernel.tenancy import create_tenant
from domain.kernel.tokens import ensure_dev_key

DEMO_NAME = "Demo utility"
DEMO_TIMEZONE = "Europe/Berlin"


def gridlens_key_file(home: Path) -> Path:
    """Where the key lies when the environment does not set one."""
    return home / "secrets" / "gridlens_api_key"


def gridlens_key(home: Path) -> str:
    """The key itself: from the environment, else from its file.

    Raises:
        NotConfigured: there is none yet.
    """
    given = settings().gridlens_api_key
    if given is not None:
        return given.get_secret_value()
    path = gridlens_key_file(home)
    if not path.exists():
        raise NotConfigured(f"There is no key in {path}.", hint="`countersign up` makes one in a dev copy.")
    return path.read_text().strip()


def prepare(home: Path) -> str | None:
    """Make what is missing; answer how to use the key, when it is one that we made.

    In pilot and prod nothing is made up: the key is registered when it is set and its tenant is there.
    """
    current = settings()
    if current.env is Env.DEV:
        ensure_dev_key()
        ensure_signing_keys()
        if not _is_there(current.gridlens_tenant):
            create_tenant(current.gridlens_tenant, DEMO_NAME, DEMO_TIMEZONE, is_demo=True, public_quickcheck=True)
    elif all(key_path(purpose).exists() for purpose in Purpose):
        ensure_signing_keys()
    if current.gridlens_api_key is not None:
        if _is_there(current.gridlens_tenant):
            register_literal_key(current.gridlens_tenant, current.gridlens_api_key.get_secret_value())
        return None
    if current.env is not Env.DEV:
        return None
    path = gridlens_key_file(home)
    if not path.exists():
        write_private(path, f"csk_{GRIDLENS_KEY_ID}_{secrets.token_urlsafe(32)}")
    register_literal_key(current.gridlens_tenant, path.read_text().strip())
    return key_told(home)


def key_told(home: Path) -> str | None:
    """How to use the key of this copy, when it is one that we made."""
    path = gridlens_key_file(home)
    if settings().gridlens_api_key is not None or settings().env is not Env.DEV or not path.exists():
        return None
    return f'export GRIDLENS_API_KEY="$(cat {path})"'


def wants_network() -> bool:
    """Whether this is a dev copy whose demo tenant has no meters yet."""
    current = settings()
    if current.env is not Env.DEV:
        return False
    with transaction(current.gridlens_tenant, DbRole.OWNER) as connection:
        return (
            connection.execute(
                text("SELECT 1 FROM meters WHERE tenant_id = :t LIMIT 1"), {"t": current.gridlens_tenant}
            ).first()
            is None
        )


def _is_there(tenant_id: str) -> bool:
    with transaction(tenant_id, DbRole.OWNER) as connection:
        found = connection.execute(text("SELECT 1 FROM tenants WHERE tenant_id = :t"), {"t": tenant_id})
        return found.first() is not None
