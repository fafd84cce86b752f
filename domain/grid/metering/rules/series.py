"""What pages and charts tell of feeders and events, as plain data, and the sums that their sentences need."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.kernel.charts.words import NBSP, number, percent, signed

KIND_NAMES = {"theft": "Theft", "voltage_sag": "Voltage sag", "comms_outage": "Comms outage"}
HOUR = timedelta(hours=1)
LOW_FLOW = 0.25


@dataclass(frozen=True)
class LossInterval:
    """One feeder and interval: energies in kWh, loss and coverage in percent. None where a figure is undefined.

    `foretold_kwh`: what injected events were foretold to keep out of the reads of this interval; None without an event.
    """

    read_at: datetime
    interval_minutes: int
    delivered_kwh: float | None
    metered_kwh: float
    metered_hat_kwh: float | None
    technical_loss_kwh: float | None
    technical_loss_pct: float | None
    loss_pct_raw: float | None
    loss_pct_adj: float | None
    coverage_pct: float | None
    loss_status: str = "OK"
    foretold_kwh: float | None = None

    @property
    def start(self) -> datetime:
        """When the interval began; a read carries its end."""
        return self.read_at - timedelta(minutes=self.interval_minutes)

    @property
    def foretold_pct(self) -> float | None:
        """The loss that the technical model and the foretold events make together, percent."""
        if self.technical_loss_pct is None or self.foretold_kwh is None or not self.delivered_kwh:
            return None
        return self.technical_loss_pct + 100 * self.foretold_kwh / abs(self.delivered_kwh)


@dataclass(frozen=True)
class EventWindow:
    """An injected event as a chart shows it; the deltas are those of the corrected loss, in percentage points."""

    event_id: str
    kind: str
    feeder_id: str | None
    severity: float
    starts_at: datetime
    ends_at: datetime
    expected_pp: float | None = None

    @property
    def name(self) -> str:
        """Theft of 50 %, Comms outage of 30 %, Voltage sag of 50 %."""
        return f"{KIND_NAMES.get(self.kind, self.kind)} of {percent(100 * self.severity, 0)}"


@dataclass(frozen=True)
class Outcome:
    """One event, feeder and measure. before, during, after are levels (percent or V); changes are in `unit`.

    `recorded` and `twin` are the level over the observed intervals, as it is and as it would be without the event;
    `observed` is their difference, `expected` what it has to be.
    """

    event_id: str
    kind: str
    severity: float
    feeder_id: str
    kpi: str
    unit: str
    starts_at: datetime
    ends_at: datetime
    expected: float
    observed: float | None
    tolerance: float
    intervals: int
    before: float | None = None
    during: float | None = None
    after: float | None = None
    recorded: float | None = None
    twin: float | None = None
    formula: str = ""
    is_over: bool = True

    @property
    def is_explained(self) -> bool | None:
        """Whether what was seen is what had to be seen; None before anything was seen."""
        return None if self.observed is None else abs(self.observed - self.expected) <= self.tolerance

    @property
    def verdict(self) -> str:
        """As expected, not as expected, or not yet seen."""
        return {True: "as expected", False: "not as expected", None: "not yet seen"}[self.is_explained]

    @property
    def event_name(self) -> str:
        """Theft of 50 %."""
        return f"{KIND_NAMES.get(self.kind, self.kind)} of {percent(100 * self.severity, 0)}"

    def level(self, value: float | None) -> str:
        """A level with the measure's own unit."""
        return f"{number(value, 1)}{NBSP}V" if self.kpi == "avg_voltage" and value is not None else percent(value, 1)

    def change(self, value: float | None) -> str:
        """A change with sign and unit."""
        return signed(value) if value is None else f"{signed(value)}{NBSP}{self.unit}"


@dataclass(frozen=True)
class FeederLoss:
    """One feeder over the window that the subtitle names. `baseline_pct` is what is usual or expected; percent all."""

    feeder_id: str
    loss_pct: float | None
    baseline_pct: float | None
    coverage_pct: float | None
    loss_status: str = "OK"

    @property
    def above_pp(self) -> float | None:
        """How far the loss lies above its baseline, in percentage points."""
        return None if self.loss_pct is None or self.baseline_pct is None else self.loss_pct - self.baseline_pct


@dataclass(frozen=True)
class CoverageHour:
    """One feeder and clock hour: the share of the expected energy whose reads arrived, percent."""

    feeder_id: str
    hour: datetime
    coverage_pct: float | None
    reads_received: int
    reads_expected: int


@dataclass(frozen=True)
class Reason:
    """Why a meter is suspicious: points of the score, signed; the text is for people."""

    code: str
    points: float
    text: str


@dataclass(frozen=True)
class SuspiciousMeter:
    """One scored meter: score 0 to 100, its reasons with the most points first; where it is, if known."""

    meter_id: str
    feeder_id: str
    score: float
    rank: int
    confidence: float
    ntl_kwh_est: float | None
    reasons: tuple[Reason, ...]
    suppressors: tuple[str, ...] = ()
    case_status: str = "open"
    transformer_id: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class MeterDay:
    """One meter and local day in kWh. `expected_kwh`: its own baseline moved as its feeder moved that day."""

    on: date
    kwh: float | None
    expected_kwh: float | None
    reads: int
    reads_expected: int


@dataclass(frozen=True)
class Balance:
    """Energy over several intervals in kWh; only intervals with a defined corrected loss count."""

    delivered: float
    metered: float
    metered_hat: float
    technical: float
    intervals: int

    @property
    def loss_pct(self) -> float | None:
        """Loss corrected for coverage, percent of what was sent out."""
        return 100 * (self.delivered - self.metered_hat) / abs(self.delivered) if self.delivered else None

    @property
    def loss_pct_raw(self) -> float | None:
        """Loss as if a missing read were no energy."""
        return 100 * (self.delivered - self.metered) / abs(self.delivered) if self.delivered else None

    @property
    def technical_pct(self) -> float | None:
        """What lines and transformers use, by the feeder's model."""
        return 100 * self.technical / abs(self.delivered) if self.delivered else None

    @property
    def unexplained_pct(self) -> float | None:
        """Corrected loss above the technical one, in percentage points."""
        loss, technical = self.loss_pct, self.technical_pct
        return None if loss is None or technical is None else loss - technical


def balance(points: Sequence[LossInterval]) -> Balance:
    """The sum over the intervals whose corrected loss is defined."""
    usable = [point for point in points if point.loss_pct_adj is not None and point.delivered_kwh is not None]
    return Balance(
        delivered=sum(point.delivered_kwh or 0.0 for point in usable),
        metered=sum(point.metered_kwh for point in usable),
        metered_hat=sum(point.metered_hat_kwh or 0.0 for point in usable),
        technical=sum(point.technical_loss_kwh or 0.0 for point in usable),
        intervals=len(usable),
    )


def tellable(points: Sequence[LossInterval]) -> list[LossInterval]:
    """The series for a chart of percentages: where hardly any energy flowed, a percentage of it says nothing.

    That is below LOW_FLOW of the window's largest flow, as when sun and load cancel on a feeder with PV. There the loss
    becomes None with the status LOW_FLOW; energies stay.
    """
    largest = max((abs(point.delivered_kwh or 0.0) for point in points), default=0.0)
    return [
        point
        if point.delivered_kwh is None or abs(point.delivered_kwh) >= LOW_FLOW * largest
        else replace(point, loss_pct_adj=None, loss_pct_raw=None, technical_loss_pct=None, loss_status="LOW_FLOW")
        for point in points
    ]


def headline(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """What an executive is shown of each event: everything but what only the experts need."""
    return [outcome for outcome in outcomes if outcome.kpi not in ("loss_pct_raw", "delivered_pct")]


def within(points: Sequence[LossInterval], start: datetime, end: datetime) -> list[LossInterval]:
    """The intervals that lie inside [start, end]."""
    return [point for point in points if point.start >= start and point.read_at <= end]


def mean_coverage(points: Sequence[LossInterval]) -> float | None:
    """The plain mean of the intervals' coverage, percent."""
    known = [point.coverage_pct for point in points if point.coverage_pct is not None]
    return sum(known) / len(known) if known else None


def hourly(points: Sequence[LossInterval]) -> list[LossInterval]:
    """The same feeder by clock hour, for windows of many days: energies add, percentages follow from the sums."""
    hours: dict[datetime, list[LossInterval]] = {}
    for point in points:
        begin = point.start.replace(minute=0, second=0, microsecond=0)
        hours.setdefault(begin, []).append(point)
    return [_merged(begin, members) for begin, members in sorted(hours.items())]


def _merged(begin: datetime, members: list[LossInterval]) -> LossInterval:
    sums = balance(members)
    whole = all(point.loss_pct_adj is not None for point in members)
    return replace(
        members[-1],
        read_at=begin + HOUR,
        interval_minutes=60,
        delivered_kwh=sum(p.delivered_kwh or 0.0 for p in members) if whole else None,
        metered_kwh=sum(p.metered_kwh for p in members),
        metered_hat_kwh=sums.metered_hat if whole else None,
        technical_loss_kwh=sums.technical if whole else None,
        technical_loss_pct=sums.technical_pct,
        loss_pct_raw=sums.loss_pct_raw if whole else None,
        loss_pct_adj=sums.loss_pct if whole else None,
        coverage_pct=mean_coverage(members),
        foretold_kwh=_sum_known([point.foretold_kwh for point in members]),
        loss_status="OK" if whole else next(p.loss_status for p in members if p.loss_pct_adj is None),
    )


def _sum_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
