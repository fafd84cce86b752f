"""What every part is told from: the summary, its time zone, and the running numbers of figures and tables."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from domain.grid.outages.rules.summary import ReplaySummary
from domain.kernel.report.brand import Brand
from domain.kernel.report.numbering import Numbering


@dataclass
class Telling(Numbering):
    """One composition of a report."""

    summary: ReplaySummary
    brand: Brand
    zone: ZoneInfo

    whole = "the replay's JSON"
