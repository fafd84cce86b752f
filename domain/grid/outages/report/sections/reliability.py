"""Reliability by IEEE 1366 and whether the day was a major event day; and how good the data and the advice were."""

from domain.grid.outages.report.sections.told import Telling
from domain.grid.outages.report.words import cut, minutes, share, significant
from domain.kernel.charts.words import NBSP, NONE, number, with_unit
from domain.kernel.report.blocks import Block, Col, Heading, Paragraph
from domain.kernel.report.words import title_case

INDEX_COLUMNS = (Col("Index", 30), Col("Value", 22, "right"), Col("Meaning", 48))
PLAIN_COLUMNS = (Col("Measure", 58), Col("Value", 42, "right"))
MANY_DIGITS, NARROW = 6, 0.62


def reliability(telling: Telling) -> list[Block]:
    """The indices and the major event day."""
    figures, outage = telling.summary.reliability, telling.summary.outage
    cost = with_unit(figures.cost, figures.cost_currency or telling.brand.currency)
    rows = [
        ("CMI", f"{number(figures.cmi)}{NBSP}min", "Customer-minutes of interruption"),
        ("CI", number(figures.customers_interrupted), "Customers interrupted for more than five minutes"),
        (
            "SAIDI",
            f"{significant(figures.saidi_min)}{NBSP}min",
            f"CMI over {number(outage.customers_served)} customers served",
        ),
        ("SAIFI", significant(figures.saifi), "CI over customers served"),
        ("CAIDI", minutes(figures.caidi_min), "CMI over CI: the mean interruption"),
        ("ASAI", f"{number(figures.asai, MANY_DIGITS)}", "Share of customer time with supply, of the day"),
        (
            "MAIFI-E",
            significant(figures.maifi_e),
            f"{number(figures.momentary_customers)} customers with a momentary event, over customers served",
        ),
        (
            "Critical customers",
            f"{number(figures.critical_customer_minutes)}{NBSP}min",
            "Customer-minutes of critical customers",
        ),
        ("Energy not served", with_unit(figures.kwh_not_served, "kWh"), "Forecast load over the interruption"),
        ("Cost", cost, "Energy not served at the configured rate"),
    ]
    return [
        Heading(1, "6 Reliability"),
        telling.table("Reliability indices of this outage (IEEE 1366)", INDEX_COLUMNS, rows),
        *_major_event_day(telling),
    ]


def _major_event_day(telling: Telling) -> list[Block]:
    figures = telling.summary.reliability
    verdict = {
        True: f"{figures.day} was a major event day: its SAIDI lies above the threshold.",
        False: f"{figures.day} was not a major event day: its SAIDI lies at or below the threshold.",
        None: f"Whether {figures.day} was a major event day cannot be told: too little history for a threshold.",
    }[figures.is_major_event_day]
    short = " The history is shorter than the five years that the method asks for." if figures.is_short_history else ""
    rows = [
        ("Day, local; interruptions count on the day they begin", figures.day),
        ("SAIDI of the day", f"{significant(figures.saidi_day_min)}{NBSP}min"),
        (
            "Threshold T_MED, exp(\u03b1 + 2.5\u00a0\u03b2)",
            NONE if figures.tmed_min is None else f"{significant(figures.tmed_min)}{NBSP}min",
        ),
        (
            "Days of history with interruptions",
            f"{number(figures.tmed_days)}{' (short history)' if figures.is_short_history else ''}",
        ),
        ("Major event day", {True: "yes", False: "no", None: "not determined"}[figures.is_major_event_day]),
    ]
    return [
        Heading(2, "6.1 Major event day"),
        Paragraph(verdict + short),
        telling.table("Major event day by the 2.5 beta method", PLAIN_COLUMNS, rows, part=NARROW),
    ]


def quality(telling: Telling) -> list[Block]:
    """Data quality, the evidence by kind, and how the ranking did against the truth."""
    summary = telling.summary
    blocks: list[Block] = [Heading(1, "7 Data quality")]
    figures = [(name_of(key), value_of(key, value)) for key, value in sorted(summary.data_quality.items())]
    blocks += (
        [telling.table("Quality of the data that this rests on", PLAIN_COLUMNS, figures, most=24, part=NARROW)]
        if figures
        else [Paragraph("The replay holds no measures of data quality.")]
    )
    evidence = [(title_case(kind), number(count)) for kind, count in sorted(summary.evidence_counts.items())]
    if evidence:
        blocks.append(
            telling.table(
                "Evidence by kind", (Col("Kind", 58), Col("Messages", 42, "right")), evidence, most=24, part=NARROW
            )
        )
    ranking = summary.ranking_quality
    scores = [
        ("Device at which the fault was", ranking.true_device_id or NONE),
        ("Zone in which the fault was", ranking.true_zone_id or NONE),
        ("Its rank", NONE if ranking.rank_of_true_zone is None else number(ranking.rank_of_true_zone)),
        ("Probability that it was given", share(ranking.posterior_at_truth)),
        ("Brier score, 0 is best", number(ranking.brier, 4)),
        ("Log score, 0 is best", number(ranking.log_score, 4)),
    ]
    blocks.append(telling.table("The ranking against what was found", PLAIN_COLUMNS, scores, part=NARROW))
    return blocks


_UNITS = {"_min": "min", "_s": "s", "_days": "days", "_kwh": "kWh", "_pct": "%", "_km": "km", "_mi": "mi"}
_SHARES = ("_share", "_delivery", "_coverage", "_rate", "_ratio")


def name_of(key: str) -> str:
    """The measure without its unit."""
    unit = next((ending for ending in _UNITS if key.endswith(ending)), "")
    return title_case(key.removesuffix(unit))


def value_of(key: str, value: float | int | str | None) -> str:
    """The measure with its unit, by the ending of its name."""
    if value is None:
        return NONE
    if isinstance(value, str):
        return cut(value, 120)
    if key.endswith(_SHARES) and 0 <= value <= 1:
        return share(value)
    unit = next((unit for ending, unit in _UNITS.items() if key.endswith(ending)), "")
    decimals = next((places for places in range(3) if float(value) == round(value, places)), 3)
    return with_unit(value, unit, decimals) if unit else number(value, decimals)
