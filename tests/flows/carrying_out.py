"""Carry out one countersignature as the machine does, in a process of its own that can be killed."""

import sys
from uuid import UUID

from domain.kernel.fulfil import fulfil
from orchestration.doers import DOERS


def main() -> None:
    """Tenant and countersignature are the arguments."""
    tenant_id, own = sys.argv[1:]
    fulfil(tenant_id, UUID(own), DOERS, run_id="killed", actor_id="test")
