"""A signature for a report of the tests."""

from datetime import UTC, datetime

from domain.grid.outages.report.identity import report_content_hash
from domain.grid.outages.rules.summary import ReplaySummary
from domain.kernel.report.brand import Brand, ReportOptions, ReportSignature


def signature_of(
    summary: ReplaySummary, brand: Brand | None = None, options: ReportOptions | None = None
) -> ReportSignature:
    return ReportSignature(
        signer="Morgan Ellis",
        role="Reliability manager",
        meaning="I have reviewed this report and approve it for filing.",
        signed_at=datetime(2026, 7, 15, 9, 30, tzinfo=UTC),
        content_hash=report_content_hash(summary, brand, options),
        key_id="ed25519-2026-07",
        countersignature_id="0190b7e2-0000-7000-8000-000000000001",
        reason="Numbers agree with the outage ledger.",
    )
