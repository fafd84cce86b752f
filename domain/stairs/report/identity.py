"""Which report this is: the version of the renderer, and the content whose hash a person signs."""

from typing import Any

from domain.kernel.canonical import content_hash
from domain.kernel.report.brand import Brand, ReportOptions
from domain.stairs.rules.report_content import FaultNotice, PeriodReport, SessionReport

# Raised whenever the same content is laid out differently: other bytes, same content.
RENDERER_VERSION = "firemode-renderer/1"
Report = SessionReport | PeriodReport | FaultNotice
FORMS: dict[str, type[SessionReport] | type[PeriodReport] | type[FaultNotice]] = {
    "firemode-session-report/1": SessionReport,
    "firemode-period-report/1": PeriodReport,
    "firemode-fault-notice/1": FaultNotice,
}


def signed_content(report: Report, brand: Brand, options: ReportOptions) -> dict[str, Any]:
    """What is signed: the report with brand, layout and renderer; the same for draft and signed edition."""
    return {
        "report": report.model_dump(mode="json"),
        "brand": brand.model_dump(mode="json"),
        "options": options.model_dump(mode="json"),
        "renderer_version": RENDERER_VERSION,
    }


def read_content(content: dict[str, Any]) -> tuple[Report, Brand, ReportOptions]:
    """The parts of a stored content."""
    told = content["report"]
    return (
        FORMS[told["form"]].model_validate(told),
        Brand.model_validate(content["brand"]),
        ReportOptions.model_validate(content["options"]),
    )


def report_hash(report: Report, brand: Brand, options: ReportOptions) -> str:
    """SHA-256 of the RFC 8785 JSON of the content."""
    return content_hash(signed_content(report, brand, options))
