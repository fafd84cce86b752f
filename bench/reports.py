"""Rendering of reports: the after-action report as PDF and DOCX, the compliance report of 168 tests as PDF.

    python -m bench.reports [--rounds 5] [--json]

In this process, from content that is ready; the first of each does not count, since it loads fonts. The peer is a PDF
of as many pages with one line each from the same library: what the library itself takes for a page.
"""

import io
import time
from collections.abc import Callable
from statistics import median

import pypdf
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from bench.harness import Check, parser, tell
from domain.grid.outages.report.editions import render as after_action
from domain.kernel.report.brand import Brand, ReportOptions
from domain.stairs.report.editions import render as compliance
from tests.grid.outages.report.sample import sample
from tests.stairs.report.sample import session

# What a person waits for without looking away; the specification names no figure.
LIMIT_S = 10.0


def timed(render: Callable[[], bytes], rounds: int) -> tuple[float, float, bytes]:
    """Median seconds of this process's CPU and by the clock, after one that does not count; and the bytes."""
    made, cpu, wall = render(), [], []
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        again = render()
        cpu.append(time.process_time() - used)
        wall.append(time.perf_counter() - began)
        assert again == made, "the same content gave other bytes"
    return median(cpu), median(wall), made


def plain_pdf(pages: int) -> bytes:
    """A line a page."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    for number in range(pages):
        canvas.drawString(72, 720, f"Page {number + 1} of {pages}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def measure(rounds: int) -> list[Check]:
    """Seconds of each report; each is the same bytes every time."""
    brand, options = Brand(), ReportOptions()
    summary, visit = sample(), session()
    reports: dict[str, Callable[[], bytes]] = {
        "after-action report, PDF": lambda: after_action(summary, brand, options, ["pdf"])["pdf"],
        "after-action report, DOCX": lambda: after_action(summary, brand, options, ["docx"])["docx"],
        f"compliance report of {len(visit.instances)} tests, PDF": lambda: compliance(visit, brand, options)["pdf"],
    }
    checks = []
    for name, render in reports.items():
        cpu, wall, made = timed(render, rounds)
        note = f"CPU {cpu:.2f} s, {len(made) / 1024:,.0f} KiB"
        ratio, peer = None, ""
        if name.endswith("PDF"):
            pages = len(pypdf.PdfReader(io.BytesIO(made)).pages)
            bare, _, _ = timed(lambda pages=pages: plain_pdf(pages), rounds)  # type: ignore[misc]
            note, ratio, peer = f"{note}, {pages} pages", cpu / max(bare, 1e-6), "a line a page, same library"
        checks.append(Check(name, wall, "s", LIMIT_S, True, note, ratio, peer))
    return checks


def main() -> None:
    """Measure and print."""
    given = parser(__doc__).parse_args()
    checks = measure(given.rounds)
    tell(given, checks)


if __name__ == "__main__":
    main()
