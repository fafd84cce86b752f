"""What is suggested for each of the grid's signals: a pure switch. It says what was seen and claims no cause."""

from collections.abc import Callable
from urllib.parse import quote

from domain.kernel.advice.model import Advice, Evaluation, Opens, Severity, Signal

LEAST_POINTS = 1.0


def advice_of(signal: Signal, evaluation: Evaluation) -> list[Advice]:
    """The suggestions for a signal.

    Raises:
        ValueError: a signal type that nothing is said of.
    """
    found = _SUGGESTED.get(signal.about.signal_type)
    if found is None:
        raise ValueError(f"nothing is suggested for {signal.about.signal_type}")
    return [found(signal, evaluation)]


def _feeder_loss(signal: Signal, evaluation: Evaluation) -> Advice:
    seen, feeder = evaluation.evidence, signal.about.subject_id
    return _advice(
        signal,
        evaluation,
        "INSPECT_FEEDER_LOSS",
        f"{feeder} lost {seen['window_loss_pct']} % at the median of {evaluation.n} days; {seen['usual_loss_pct']} %"
        " is usual for it. Look at its meters and transformers.",
        ("LOSS_ABOVE_BAND",),
        "inspection_case",
        f"/grid/feeders/{quote(feeder, safe='')}",
    )


def _meter(signal: Signal, evaluation: Evaluation) -> Advice:
    meter = signal.about.subject_id
    codes = tuple(one["code"] for one in evaluation.evidence["reasons"] if one["points"] >= LEAST_POINTS)
    return _advice(
        signal,
        evaluation,
        "INSPECT_METER",
        f"{meter} scored {evaluation.value:g} of 100 over {evaluation.n} days. Look at the meter; the score is no"
        " accusation.",
        codes,
        "inspection_case",
        f"/grid/meters/{quote(meter, safe='')}",
    )


def _comms(signal: Signal, evaluation: Evaluation) -> Advice:
    feeder = signal.about.subject_id
    return _advice(
        signal,
        evaluation,
        "CHECK_COMMUNICATION",
        f"{evaluation.k} of {evaluation.n} reads expected on {feeder} did not come. Check collectors and modems.",
        ("READS_MISSING",),
        "work_item",
        f"/grid/feeders/{quote(feeder, safe='')}",
    )


def _voltage(signal: Signal, evaluation: Evaluation) -> Advice:
    feeder = signal.about.subject_id
    return _advice(
        signal,
        evaluation,
        "CHECK_VOLTAGE",
        f"{evaluation.k} of {evaluation.n} voltages on {feeder} lay below range A. Check taps and regulators.",
        ("VOLTAGE_BELOW_RANGE_A",),
        "work_item",
        f"/grid/feeders/{quote(feeder, safe='')}",
    )


def _device(signal: Signal, evaluation: Evaluation) -> Advice:
    device = signal.about.subject_id
    return _advice(
        signal,
        evaluation,
        "INSPECT_DEVICE",
        f"{device} was the device of {evaluation.n} outages within 90 days. Look at the device and what it protects.",
        ("OUTAGES_REPEATED",),
        "work_item",
        f"/grid/feeders/{quote(str(evaluation.evidence['feeder_id']), safe='')}",
    )


_SUGGESTED: dict[str, Callable[[Signal, Evaluation], Advice]] = {
    "FEEDER_LOSS": _feeder_loss,
    "METER_SUSPICION": _meter,
    "COMMS_DEGRADED": _comms,
    "VOLTAGE_LOW": _voltage,
    "REPEATED_OUTAGES": _device,
}


def _advice(
    signal: Signal,
    evaluation: Evaluation,
    suggestion_type: str,
    message: str,
    reasons: tuple[str, ...],
    opens: Opens,
    page_url: str,
) -> Advice:
    severity: Severity = signal.severity
    about = signal.about
    evidence = {
        "signal_id": str(signal.signal_id),
        "signal_type": about.signal_type,
        "ruleset": evaluation.ruleset,
        "period": dict(evaluation.period),
        "thresholds": dict(evaluation.thresholds),
        "metric": {name: getattr(evaluation, name) for name in ("value", "k", "n", "low", "high")},
        **evaluation.evidence,
    }
    target = f"{about.subject_type}:{about.subject_id}"
    return Advice(
        about.subject_type.upper(), suggestion_type, target, severity, message, evidence, reasons, opens, page_url
    )
