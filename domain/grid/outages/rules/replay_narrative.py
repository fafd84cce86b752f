"""The words of a replay, from templates: short, in the past tense, and never an instruction."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.grid.outages.rules.summary import (
    CounterfactualCase,
    CrewLine,
    EtrLine,
    OptionLine,
    OutageFacts,
    RankingQuality,
    Reliability,
    ZoneLine,
)

MOST_WORDS = 150
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def narrative(
    outage: OutageFacts,
    reliability: Reliability,
    quality: RankingQuality,
    zones: list[ZoneLine],
    options: list[OptionLine],
    rejected: list[OptionLine],
    crews: list[CrewLine],
    cases: list[CounterfactualCase],
    etr: list[EtrLine],
) -> dict[str, str]:
    """One paragraph for each part of a report, by its name; `executive` has at most 150 words. Same facts, same words.

    What is not known is left out, never guessed.
    """
    followed = next((case for case in cases if case.case == "as_recommended"), None)
    sentences = [
        _what(outage),
        _meant(outage, reliability),
        _ranked(quality, zones),
        _could(followed, options),
        _estimated(etr),
        _day(reliability),
    ]
    return {
        "executive": _within(sentences),
        "zones": _zones(zones, quality),
        "options": _options(options, rejected),
        "crews": _crews(crews),
        "counterfactual": _cases(cases),
    }


def local_time(at: str, zone: str) -> str:
    """An instant as people of the place say it: 13 July 2026 at 21:12 EDT."""
    moment = datetime.fromisoformat(at).astimezone(ZoneInfo(zone))
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year} at {moment:%H:%M} {moment.tzname()}"


def lasting(minutes: float) -> str:
    """A duration in words: 42 minutes, 3 h 28 min."""
    whole = round(minutes)
    if whole < 60:
        return f"{whole} {'minute' if whole == 1 else 'minutes'}"
    return f"{whole // 60} h {whole % 60:02d} min"


def _what(outage: OutageFacts) -> str:
    kind = "a planned outage" if outage.is_planned else "an outage"
    cause = f" ({outage.cause.replace('_', ' ')})" if outage.cause else ""
    critical = f", {outage.critical_customers:,} of them critical" if outage.critical_customers else ""
    return (
        f"On {local_time(outage.started_at, outage.timezone)} {kind}{cause} took"
        f" {_customers(outage.customers_out_peak)} of {outage.feeder_name} out of supply{critical}."
    )


def _meant(outage: OutageFacts, reliability: Reliability) -> str:
    cost = f"{_figure(reliability.cmi)} customer-minutes, {_figure(reliability.saidi_min)} minutes of SAIDI"
    if outage.restored_at is None:
        return f"Supply is not back for all yet; so far this has cost {cost}."
    took = datetime.fromisoformat(outage.restored_at) - datetime.fromisoformat(outage.started_at)
    return f"Supply was back for all after {lasting(took.total_seconds() / 60)}: {cost}."


def _ranked(quality: RankingQuality, zones: list[ZoneLine]) -> str:
    if quality.true_zone_id and quality.rank_of_true_zone and quality.posterior_at_truth is not None:
        return (
            f"The fault lay in the zone that was ranked {_ordinal(quality.rank_of_true_zone)} of {len(zones)},"
            f" with {100 * quality.posterior_at_truth:.0f} %."
        )
    if quality.true_zone_id and zones:
        return "The fault lay in a zone that had not been ranked."
    return ""


def _could(case: CounterfactualCase | None, options: list[OptionLine]) -> str:
    if case is None or case.option_id is None:
        return ""
    if not case.is_feasible:
        return f"The first option would have changed nothing: {_lower(case.why_not or '')}"
    option = next((one for one in options if one.option_id == case.option_id), None)
    whom = f" for {_customers(option.customers_restored)}" if option and option.customers_restored else ""
    if case.delta_cmi >= 0:
        return "Following the first option would have saved no customer-minutes."
    return (
        f"Following the first option{whom} could have saved {_figure(-case.delta_cmi)} customer-minutes"
        f" (between {_figure(-case.delta_cmi_high)} and {_figure(-case.delta_cmi_low)})."
    )


def _estimated(etr: list[EtrLine]) -> str:
    error = etr[0].error_min if etr else None
    if error is None:
        return ""
    if abs(error) < 0.5:
        return "The first estimate of restoration was right to the minute."
    side = "later" if error > 0 else "earlier"
    return f"Supply was back {lasting(abs(error))} {side} than first estimated."


def _day(reliability: Reliability) -> str:
    if reliability.is_major_event_day:
        short = ", on a short history" if reliability.is_short_history else ""
        return f"The day counts as a major event day{short}."
    return ""


def _zones(zones: list[ZoneLine], quality: RankingQuality) -> str:
    if not zones:
        return "No fault zones were ranked."
    credible = [zone for zone in zones if zone.in_credible_set]
    held = (
        f"; {len(credible)} of them {'holds' if len(credible) == 1 else 'hold'}"
        f" {100 * credible[-1].cum_probability:.0f} % of the probability"
        if credible
        else ""
    )
    count = "One fault zone was" if len(zones) == 1 else f"{len(zones)} fault zones were"
    said = f"{count} ranked{held}. {zones[0].zone_id} came first with {100 * zones[0].probability:.0f} %."
    return f"{said} {_ranked(quality, zones)}".strip()


def _options(options: list[OptionLine], rejected: list[OptionLine]) -> str:
    proposed = _counted(len(options), "option was proposed", "options were proposed")
    refused = _counted(len(rejected), "was rejected with its reasons", "were rejected with their reasons")
    first = f" {options[0].narrative}" if options and options[0].narrative else ""
    return f"{proposed}, {refused.lower()}.{first}"


def _crews(crews: list[CrewLine]) -> str:
    assigned = [crew for crew in crews if crew.is_assigned]
    if not crews:
        return "No crews were looked at."
    said = _counted(len({crew.crew_id for crew in crews}), "crew was looked at.", "crews were looked at.")
    names = list(dict.fromkeys(crew.crew_name for crew in assigned))[:4]
    return f"{said} The joint plan proposed {', '.join(names)}." if names else f"{said} None was proposed."


def _cases(cases: list[CounterfactualCase]) -> str:
    words = {
        "as_recommended": "the first option",
        "second_option": "the second option",
        "ideal": "the best for the zone",
    }
    parts = []
    for case in cases:
        if case.is_feasible:
            sign = "fewer" if case.delta_cmi < 0 else "more"
            parts.append(f"{words[case.case]}: {_figure(abs(case.delta_cmi))} customer-minutes {sign}")
        else:
            parts.append(f"{words[case.case]}: no change, {_lower(case.why_not or '').rstrip('.')}")
    return f"Compared with what happened, {'; '.join(parts)}." if parts else ""


def _within(sentences: list[str]) -> str:
    """As many sentences, in order, as fit; a name of a hundred words is cut."""
    kept: list[str] = []
    for sentence in filter(None, sentences):
        if len(" ".join([*kept, sentence]).split()) <= MOST_WORDS:
            kept.append(sentence)
    return " ".join(kept)


def _customers(number: int) -> str:
    return f"{number:,} {'customer' if number == 1 else 'customers'}"


def _counted(number: int, one: str, many: str) -> str:
    return f"One {one}" if number == 1 else f"{number or 'No'} {many}"


def _figure(value: float) -> str:
    value += 0.0
    return f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:,.2f}"


def _ordinal(number: int) -> str:
    names = {1: "first", 2: "second", 3: "third"}
    return names.get(number, f"number {number}")


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:] if re.match(r"[A-Z][a-z ]", sentence) else sentence
