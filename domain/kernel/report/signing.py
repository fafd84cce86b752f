"""Who signed a report and whose it is, as its pages name them."""

import uuid

from sqlalchemy import Connection, text

from domain.kernel.report.brand import Brand, ReportSignature
from domain.kernel.signed import Countersignature


def brand_of(connection: Connection) -> Brand:
    """The tenant's brand, as its settings have it; else plain."""
    found = connection.execute(
        text(
            "SELECT settings -> 'brand' FROM tenants WHERE tenant_id = NULLIF(current_setting('app.tenant', true), '')"
        )
    ).scalar_one_or_none()
    return Brand.model_validate(found or {})


def signature_of(connection: Connection, signed: Countersignature) -> ReportSignature:
    """The countersignature with its people's names of now."""
    return ReportSignature(
        signer=_name(connection, signed.signer_id) or str(signed.signer_id),
        role=signed.signer_role,
        meaning=signed.meaning,
        signed_at=signed.signed_at,
        content_hash=signed.content_hash,
        key_id=signed.key_id,
        countersignature_id=str(signed.countersignature_id),
        reason=signed.reason,
        on_behalf_of=_name(connection, signed.on_behalf_of),
    )


def _name(connection: Connection, user: uuid.UUID | None) -> str | None:
    found: str | None = connection.execute(
        text("SELECT name FROM v_people WHERE id = :id"), {"id": user}
    ).scalar_one_or_none()
    return found
