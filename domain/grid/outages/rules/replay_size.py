"""A replay stays small enough to be signed, mailed and shown: what explains least is left out first, and said."""

from collections.abc import Callable
from typing import Any

from domain.grid.outages.rules.summary import CounterfactualCase, CurvePoint, OptionLine, ReplaySummary, ZoneLine
from domain.kernel.canonical import canonical_json
from domain.kernel.errors import TooLarge

Cut = Callable[[ReplaySummary], dict[str, Any]]
_LONGEST_TEXT = 2000


def size_of(summary: ReplaySummary) -> int:
    """Bytes of the canonical JSON."""
    return len(canonical_json(summary.model_dump(mode="json")))


def within_size(summary: ReplaySummary, largest: int) -> ReplaySummary:
    """The summary itself, or with cuts, one after the other, until it fits; `data_quality.left_out` names them.

    Raises:
        TooLarge: names and texts alone are larger.
    """
    names: list[str] = []
    for name, cut in _CUTS:
        if size_of(summary) <= largest:
            break
        names.append(name)
        quality = summary.data_quality | {"left_out": ", ".join(names)}
        summary = summary.model_copy(update=cut(summary) | {"data_quality": dict(sorted(quality.items()))})
    if size_of(summary) > largest:
        raise TooLarge(
            f"The replay of {summary.outage.outage_id[:80]} would be larger than {largest:,} bytes.",
            hint="Shorten the texts of its zones, options and acts.",
        )
    return summary


def _fewer_edges(summary: ReplaySummary) -> dict[str, Any]:
    return {"map": [edge for edge in summary.map if edge.zone_id or edge.device_id][:60]}


def _coarser_curves(summary: ReplaySummary) -> dict[str, Any]:
    cases = [_with_curve(case) for case in summary.counterfactual]
    return {"curve": _thinned(summary.curve), "counterfactual": cases}


def _with_curve(case: CounterfactualCase) -> CounterfactualCase:
    return case.model_copy(update={"curve": _thinned(case.curve)})


def _thinned(points: list[CurvePoint]) -> list[CurvePoint]:
    """At most 60 points, the last among them."""
    every = -(-len(points) // 59)
    return points if len(points) <= 60 else [*points[:-1:every], points[-1]]


def _less_evidence(summary: ReplaySummary) -> dict[str, Any]:
    return {
        "zones": [_short_zone(zone) for zone in summary.zones[:10]],
        "options": [_short_option(option) for option in summary.options[:5]],
        "rejected_options": [_short_option(option) for option in summary.rejected_options[:5]],
        "crews": summary.crews[:10],
    }


def _short_zone(zone: ZoneLine) -> ZoneLine:
    return zone.model_copy(update={"evidence": zone.evidence[:2], "explanation": zone.explanation[:_LONGEST_TEXT]})


def _short_option(option: OptionLine) -> OptionLine:
    return option.model_copy(
        update={"risk_items": option.risk_items[:5], "steps": option.steps[:10], "checks": {}}
        | {"narrative": option.narrative[:_LONGEST_TEXT], "infeasible_reasons": option.infeasible_reasons[:3]}
    )


def _bare(summary: ReplaySummary) -> dict[str, Any]:
    zones = [zone.model_copy(update={"evidence": [], "explanation": zone.explanation[:300]}) for zone in summary.zones]
    plain: dict[str, Any] = {"risk_items": [], "steps": [], "checks": {}}
    return {
        "map": [],
        "zones": zones,
        "options": [option.model_copy(update=plain) for option in summary.options],
        "rejected_options": [option.model_copy(update=plain) for option in summary.rejected_options],
        "crews": [crew.model_copy(update={"explanation": crew.explanation[:300]}) for crew in summary.crews],
        "provenance": summary.provenance.model_copy(update={"feedback": summary.provenance.feedback[:10]}),
    }


_CUTS: tuple[tuple[str, Cut], ...] = (
    ("lines of the map", _fewer_edges),
    ("points of the curves", _coarser_curves),
    ("evidence and steps beyond the first", _less_evidence),
    ("map, evidence and steps", _bare),
)
