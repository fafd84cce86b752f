"""The first administrator of the platform: named once, by whoever operates the copy."""

from datetime import datetime

from sqlalchemy import text

from domain.kernel.administration.actor import OPERATOR, one_at_a_time
from domain.kernel.administration.people import PersonRow, invite
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict
from domain.kernel.principal import Role
from domain.kernel.settings import DbRole

PLATFORM = "PLATFORM"


def bootstrap(email: str, name: str) -> PersonRow:
    """Make the first PLATFORM_ADMIN, in the tenant PLATFORM.

    Raises:
        Conflict: ALREADY_BOOTSTRAPPED, the platform has or had an administrator.
        Invalid: no address.
    """
    with transaction(PLATFORM, DbRole.OWNER, actor=OPERATOR.name) as connection:
        one_at_a_time(connection)
        since: datetime | None = connection.execute(
            text("SELECT min(valid_from) FROM role_assignments WHERE role = 'PLATFORM_ADMIN'")
        ).scalar_one()
        if since is not None:
            raise Conflict(
                f"The platform has had an administrator since {since:%Y-%m-%d}; nobody was added.",
                hint="An administrator of the platform invites others, or `countersign admin role give` does.",
                code="ALREADY_BOOTSTRAPPED",
            )
        return invite(connection, OPERATOR, email, name, [Role.PLATFORM_ADMIN])
