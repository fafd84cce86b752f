"""What following an option would have changed, told with its bounds and also when it would have been worse for nobody.

For each customer whom the option restores, t' = min(actual, advised + decision delay + t of the group); all others keep
what happened. Never anything later than the advice is used, but the truth, and that only to score: an option that would
have supplied the faulted section itself, or could not have carried the load that there was, changes nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

from domain.grid.outages.rules.interruptions import Interruption, joined
from domain.grid.outages.rules.reliability import customer_minutes
from domain.grid.outages.rules.replay_facts import DEFAULT, Plan, ReplaySettings, Truth
from domain.grid.outages.rules.restoration_curve import curve
from domain.grid.outages.rules.summary import CounterfactualCase, CurvePoint, OptionLine

CaseName = Literal["as_recommended", "second_option", "ideal"]


@dataclass(frozen=True)
class Setting:
    """What the cases of one outage share.

    Attributes:
        interruptions: what happened, one row for each customer and stretch.
        advised_at: when the options were there; None if there never were any.
        zone_probability: what each zone was given at that time.
    """

    interruptions: Sequence[Interruption]
    as_of: datetime
    customers_served: int
    advised_at: datetime | None
    options: Sequence[OptionLine]
    plans: Mapping[str, Plan]
    zone_probability: Mapping[str, float]
    truth: Truth | None = None
    settings: ReplaySettings = DEFAULT

    def cmi(self, interruptions: Sequence[Interruption]) -> float:
        """Customer-minutes of sustained interruptions, as `reliability_indices` has them of joined stretches."""
        return customer_minutes((one for one in interruptions if one.is_sustained(self.as_of)), self.as_of)

    @cached_property
    def decided_at(self) -> datetime | None:
        """When the first step of an option would have begun."""
        delay = timedelta(minutes=self.settings.decision_delay_min)
        return None if self.advised_at is None else self.advised_at + delay

    @cached_property
    def stretches(self) -> tuple[Interruption, ...]:
        """The interruptions without overlaps."""
        return joined(self.interruptions)

    @cached_property
    def actual_cmi(self) -> float:
        """Customer-minutes of what happened."""
        return self.cmi(self.stretches)

    @cached_property
    def actual_curve(self) -> list[CurvePoint]:
        """Customers out as it happened."""
        return curve(self.stretches, self.as_of, self.settings.curve_points)


def counterfactual_cases(setting: Setting) -> list[CounterfactualCase]:
    """As recommended, the second option, and the best option for the zone in which the fault really was."""
    ranked = sorted(
        (option for option in setting.options if option.rank is not None),
        key=lambda option: (option.rank or 0, option.option_id),
    )
    first, second = (ranked[n] if len(ranked) > n else None for n in (0, 1))
    return [
        _case("as_recommended", first, setting, "No option was on the table."),
        _case("second_option", second, setting, "There was no second option."),
        _ideal(ranked, setting),
    ]


def followed(
    interruptions: Sequence[Interruption], plan: Plan, decided_at: datetime, stretch: float = 1.0
) -> list[Interruption]:
    """The joined stretches as they would have been with the option; its times are multiplied by `stretch`."""
    at: dict[str, datetime] = {}
    for group in plan.groups:
        then = decided_at + timedelta(minutes=group.at_min * stretch)
        for meter_id in group.meter_ids:
            at[meter_id] = min(at.get(meter_id, then), then)
    return [_earlier(one, at.get(one.customer_id)) for one in interruptions]


def _earlier(one: Interruption, then: datetime | None) -> Interruption:
    """Never later than it was; what began after the option's supply is left as it was."""
    if then is None or then <= one.out_at or (one.restored_at is not None and one.restored_at <= then):
        return one
    return replace(one, restored_at=then)


def _ideal(ranked: Sequence[OptionLine], setting: Setting) -> CounterfactualCase:
    true_zone = setting.truth.zone_id if setting.truth else None
    if true_zone is None:
        return _unchanged("ideal", None, setting, "Nobody has said yet where the fault was.")
    own = [option for option in ranked if option.zone_id == true_zone and _why_not(option, setting) is None]
    if not own or setting.decided_at is None:
        return _unchanged("ideal", None, setting, f"No option that could be done was made for zone {true_zone}.")
    decided = setting.decided_at
    costs = [
        (round(setting.cmi(followed(setting.stretches, _plan(option, setting), decided)), 3), option.option_id)
        for option in own
    ]
    best = min(costs)[1]
    return _case("ideal", next(option for option in own if option.option_id == best), setting, "")


def _case(name: CaseName, option: OptionLine | None, setting: Setting, nothing: str) -> CounterfactualCase:
    if option is None:
        return _unchanged(name, None, setting, nothing)
    why_not, decided = _why_not(option, setting), setting.decided_at
    if why_not is not None or decided is None:
        return _unchanged(name, option.option_id, setting, why_not or "It is not known when the options were there.")
    plan = _plan(option, setting)
    band = 0.0 if plan.is_measured else setting.settings.switching_band
    after = followed(setting.stretches, plan, decided)
    delta = setting.cmi(after) - setting.actual_cmi
    quick, slow = (
        setting.cmi(followed(setting.stretches, plan, decided, 1 + sign * band)) - setting.actual_cmi
        for sign in (-1, 1)
    )
    # While nobody knows where the fault was, the advice helps only with the probability of its zone.
    sure = 1.0 if setting.truth and setting.truth.zone_id else setting.zone_probability.get(option.zone_id or "", 1.0)
    return CounterfactualCase(
        case=name,
        option_id=option.option_id,
        is_feasible=True,
        cmi=_rounded(setting.actual_cmi + delta),
        delta_cmi=_rounded(delta),
        delta_cmi_low=_rounded(min(quick, delta)),
        delta_cmi_high=_rounded(max(slow, delta) * min(max(sure, 0.0), 1.0)),
        delta_saidi_min=_rounded(delta / setting.customers_served),
        regret_cmi=_rounded(-delta),
        curve=curve(after, setting.as_of, setting.settings.curve_points),
    )


def _plan(option: OptionLine, setting: Setting) -> Plan:
    """When it would have restored whom; an option without groups restores nobody earlier."""
    return setting.plans.get(option.option_id, Plan(option.option_id))


def _why_not(option: OptionLine, setting: Setting) -> str | None:
    """What would have kept the option from being done; None if nothing."""
    plan = setting.plans.get(option.option_id)
    if option.infeasible_reasons:
        return f"It was not feasible when it was made: {'; '.join(option.infeasible_reasons)}."
    if plan is not None and plan.infeasible_at_actual:
        return f"It could not have been done: {plan.infeasible_at_actual}."
    faulted = set(setting.truth.meter_ids) if setting.truth else set()
    if plan is not None and any(faulted.intersection(group.meter_ids) for group in plan.groups):
        return "It would have supplied the section in which the fault was."
    true_zone = setting.truth.zone_id if setting.truth else None
    if true_zone and not faulted and option.zone_id and option.zone_id != true_zone:
        return f"It was made for zone {option.zone_id}; the fault was in {true_zone}, and who lies there is not known."
    return None


def _unchanged(name: CaseName, option_id: str | None, setting: Setting, why_not: str) -> CounterfactualCase:
    return CounterfactualCase(
        case=name,
        option_id=option_id,
        is_feasible=False,
        why_not=why_not,
        cmi=_rounded(setting.actual_cmi),
        delta_cmi=0.0,
        delta_cmi_low=0.0,
        delta_cmi_high=0.0,
        delta_saidi_min=0.0,
        regret_cmi=0.0,
        curve=setting.actual_curve,
    )


def _rounded(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no figure.")
    return round(value, 9) + 0.0  # no negative zero
