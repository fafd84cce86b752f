"""What following an option would have changed, against a network that is really switched."""

import random
from datetime import timedelta
from typing import Any

import pytest

from domain.grid.outages.rules.counterfactual import Setting, counterfactual_cases, followed
from domain.grid.outages.rules.interruptions import Interruption
from domain.grid.outages.rules.replay_facts import Plan, ReplaySettings, RestoredGroup, Truth
from domain.grid.outages.rules.summary import CounterfactualCase
from tests.grid.outages.stories import START, at, option
from tests.grid.outages.switched_network import SwitchedNetwork

DELAY = 10.0
ADVISED = 9.1


def case(name: str, setting: Setting) -> CounterfactualCase:
    return next(one for one in counterfactual_cases(setting) if one.case == name)


def setting(rows: list[Interruption], plan: Plan, **more: Any) -> Setting:
    facts: dict[str, Any] = {
        "interruptions": rows,
        "as_of": at(600),
        "customers_served": 1000,
        "advised_at": at(ADVISED),
        "options": [option("O", 1, "back_feed", "", zone_id="Z1")],
        "plans": {"O": plan},
        "zone_probability": {"Z1": 0.8},
        "truth": None,
        "settings": ReplaySettings(decision_delay_min=DELAY),
    }
    return Setting(**(facts | more))


def network(chance: random.Random) -> tuple[SwitchedNetwork, dict[str, list[str]]]:
    """Head - faulted section - chain of sections that a tie at the end can supply, a branch beside the chain."""
    switches = {"BRK": ("HEAD", "S0"), "A1": ("S0", "S1"), "A2": ("S1", "S2"), "A3": ("S2", "S3"), "B1": ("S1", "T1")}
    switches |= {"TIE": ("S3", "OTHER")}
    sections: dict[str, list[str]] = {}
    meters = {}
    for section in ("S0", "S1", "S2", "S3", "T1"):
        sections[section] = [f"{section}-{n}" for n in range(chance.randint(1, 40))]
        meters |= dict.fromkeys(sections[section], section)
    return SwitchedNetwork({"HEAD", "OTHER"}, switches, meters, is_open={"BRK", "TIE"}, faulted={"S0"}), sections


@pytest.mark.parametrize("seed", range(40))
def test_it_equals_a_simulation_with_the_option_applied(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    repaired, isolated, tied, later = (chance.uniform(*span) for span in ((20, 300), (2, 60), (1, 30), (0, 60)))
    end = at(600)

    # What happened: nobody switched, all came back when the fault was mended.
    actual, sections = network(chance)
    mended = [(at(repaired), "mend", "S0"), (at(repaired), "close", "BRK")]
    rows = [Interruption("E", meter, START, at(repaired)) for meter in sorted(actual.meters)]
    assert actual.minutes_out(START, end, mended) == pytest.approx(sum(row.minutes(end) for row in rows), abs=1e-6)

    # The option: A1 and A2 are opened, the tie supplies what lies beyond A2, then A2 is closed for a second group.
    decided = ADVISED + DELAY
    simulated, _ = network(random.Random(seed))  # noqa: S311
    simulated.meters = actual.meters
    first, second = isolated + tied, isolated + tied + later
    acts = [
        (at(decided + isolated), "open", "A1"),
        (at(decided + isolated), "open", "A2"),
        (at(decided + first), "close", "TIE"),
        (at(decided + second), "close", "A2"),
    ]
    # Once the fault is mended the feeder is as before, however far the option had got.
    acts = [act for act in acts if act[0] < at(repaired)] + mended
    acts += [(at(repaired), "close", "A1"), (at(repaired), "close", "A2")]
    wanted = simulated.minutes_out(START, end, acts)

    plan = Plan(
        "O",
        (
            RestoredGroup(tuple(sections["S2"] + sections["S3"]), first),
            RestoredGroup(tuple(sections["S1"] + sections["T1"]), second),
        ),
    )
    got = case("as_recommended", setting(rows, plan))
    assert got.cmi == pytest.approx(wanted, abs=1.0)
    assert got.cmi == pytest.approx(wanted, abs=1e-6)
    assert got.delta_cmi <= 0
    assert got.regret_cmi == -got.delta_cmi
    assert got.delta_cmi_low <= got.delta_cmi <= got.delta_cmi_high <= 0


ROWS = [Interruption("E", f"M{n}", START, at(120)) for n in range(10)]
PLAN = Plan("O", (RestoredGroup(("M0", "M1", "M2"), 20.0),))


def test_only_customers_of_the_groups_come_back_earlier() -> None:
    got = case("as_recommended", setting(ROWS, PLAN))
    saved = 3 * (120 - (ADVISED + DELAY + 20))
    assert got.delta_cmi == pytest.approx(-saved)
    assert got.cmi == pytest.approx(1200 - saved)
    assert got.delta_saidi_min == pytest.approx(-saved / 1000)
    after = followed(ROWS, PLAN, at(ADVISED + DELAY))
    assert [row for row in after if row.customer_id == "M5"] == [ROWS[5]]


def test_bounds_follow_the_switching_time_and_the_probability_of_the_zone() -> None:
    unknown = case("as_recommended", setting(ROWS, PLAN))
    assert unknown.delta_cmi_low == pytest.approx(unknown.delta_cmi - 3 * 6)
    assert unknown.delta_cmi_high == pytest.approx((unknown.delta_cmi + 3 * 6) * 0.8)
    known = case("as_recommended", setting(ROWS, PLAN, truth=Truth(zone_id="Z1")))
    assert known.delta_cmi_high == pytest.approx(unknown.delta_cmi + 3 * 6)
    measured = case(
        "as_recommended", setting(ROWS, Plan("O", PLAN.groups, is_measured=True), truth=Truth(zone_id="Z1"))
    )
    assert measured.delta_cmi_low == measured.delta_cmi == measured.delta_cmi_high


@pytest.mark.parametrize(
    ("plan", "more", "said"),
    [
        (Plan("O", PLAN.groups, infeasible_at_actual="112 % of the conductor"), {}, "could not have been done: 112 %"),
        (PLAN, {"truth": Truth(zone_id="Z2", meter_ids=("M2",))}, "supplied the section in which the fault was"),
        (PLAN, {"truth": Truth(zone_id="Z2")}, "made for zone Z1; the fault was in Z2"),
        (PLAN, {"advised_at": None}, "not known when"),
        (PLAN, {"options": []}, "No option was on the table"),
        (PLAN, {"options": [option("O", 1, "x", "", infeasible_reasons=["tie is open-phased"])]}, "not feasible when"),
    ],
)
def test_what_could_not_have_been_done_changes_nothing_and_says_so(plan: Plan, more: dict[str, Any], said: str) -> None:
    got = case("as_recommended", setting(ROWS, plan, **more))
    assert not got.is_feasible
    assert said in (got.why_not or "")
    assert (got.delta_cmi, got.delta_cmi_low, got.delta_cmi_high, got.regret_cmi) == (0, 0, 0, 0)
    assert got.cmi == 1200


def test_the_ideal_takes_the_best_option_for_the_true_zone() -> None:
    options = [option("O", 1, "x", "", zone_id="Z1"), option("P", 2, "x", "", zone_id="Z2")]
    options.append(option("Q", 3, "x", "", zone_id="Z2"))
    plans = {
        "O": PLAN,
        "P": Plan("P", (RestoredGroup(("M4",), 20.0),)),
        "Q": Plan("Q", (RestoredGroup(("M4", "M5", "M6", "M7"), 20.0),)),
    }
    shared = setting(ROWS, PLAN, options=options, plans=plans, truth=Truth(zone_id="Z2"))
    assert case("ideal", shared).option_id == "Q"
    assert case("second_option", shared).option_id == "P"
    assert case("ideal", setting(ROWS, PLAN)).why_not == "Nobody has said yet where the fault was."
    nowhere = case("ideal", setting(ROWS, PLAN, truth=Truth(zone_id="Z9")))
    assert "No option that could be done was made for zone Z9" in (nowhere.why_not or "")


def test_an_option_that_came_too_late_changes_nothing() -> None:
    got = case("as_recommended", setting(ROWS, Plan("O", (RestoredGroup(("M0",), 500.0),))))
    assert (got.is_feasible, got.delta_cmi, got.delta_cmi_low) == (True, 0, 0)


def test_who_is_still_out_would_have_been_supplied() -> None:
    rows = [Interruption("E", "M0", START, None), Interruption("E", "M9", START, None)]
    got = case("as_recommended", setting(rows, PLAN))
    assert got.delta_cmi == pytest.approx(-(600 - (ADVISED + DELAY + 20)))
    assert got.curve[-1].customers_out == 1
    assert got.curve[-1].at == (START + timedelta(minutes=ADVISED + DELAY + 20)).isoformat().replace("+00:00", "Z")


def test_what_began_after_the_option_had_supplied_is_left_as_it_was() -> None:
    again = Interruption("E", "M0", at(200), at(260))
    got = case("as_recommended", setting([*ROWS, again], PLAN))
    assert got.cmi == pytest.approx(1200 + 60 - 3 * (120 - (ADVISED + DELAY + 20)))
