"""Where the files of a report lie, and how they are reached."""

from datetime import datetime

from domain.kernel.objects.store import Link, Store, Target
from domain.kernel.report.editions import DRAFT
from domain.kernel.report.files import File
from domain.stairs.report.editions import MEDIA_TYPES
from domain.stairs.store.reports import StoredReport


def file_of(tenant_id: str, report: StoredReport, edition: str, ending: str, data: bytes) -> File:
    """A file with its path: `<tenant>/stairs/<building>/<report>/draft/report.pdf`, the signed one without `draft/`."""
    parts = [tenant_id, "stairs", str(report.building_id), str(report.report_id)]
    key = "/".join([*parts, *([DRAFT] if edition == DRAFT else []), f"report.{ending}"])
    return File(key, data, MEDIA_TYPES[ending])


def links(store: Store, report: StoredReport, edition: str, tenant_id: str, now: datetime) -> dict[str, Link]:
    """A link to each file of an edition."""
    mark = "-draft" if edition == DRAFT else ""
    name = f"{report.kind.replace('_', '-')}-{str(report.report_id)[:8]}{mark}"
    return {
        one: store.link(tenant_id, Target(told["key"], told["size_bytes"], told["media_type"], f"{name}.{one}"), now)
        for one, told in report.blob_ref.get(edition, {}).get("files", {}).items()
    }
