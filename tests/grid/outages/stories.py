"""One made-up outage, told as plain facts: 412 customers behind a recloser, five zones, four options, three crews."""

import hashlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.grid.outages.rules.replay_facts import (
    GivenEtr,
    Impact,
    OutageRecord,
    Plan,
    Recorded,
    ReplayFacts,
    RestoredGroup,
    Truth,
)
from domain.grid.outages.rules.restoration_curve import iso
from domain.grid.outages.rules.summary import Approval, CrewLine, MapEdge, OptionLine, ZoneLine
from domain.kernel.canonical import derived_id

START = datetime(2026, 7, 14, 1, 12, 20, tzinfo=UTC)
SERVED = 18_642
# Customers and the minute at which they were restored.
STEPS = ((141, 96.0), (118, 152.0), (87, 171.0), (66, 208.0))


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def hash_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def meters(step: int) -> tuple[str, ...]:
    first = sum(count for count, _ in STEPS[:step])
    return tuple(f"M{number:04d}" for number in range(first, first + STEPS[step][0]))


def impacts() -> tuple[Impact, ...]:
    out = []
    for step, (_, minutes) in enumerate(STEPS):
        for number, meter_id in enumerate(meters(step)):
            out.append(
                Impact(meter_id, START, at(minutes), critical=meter_id in {"M0003", "M0140"}, kw=1.0 + number % 4)
            )
    # A momentary interruption further up the feeder when the recloser tried.
    out += [Impact(f"U{number:03d}", at(-0.5), at(0.4), kw=1.5) for number in range(37)]
    return tuple(out)


def zones() -> tuple[ZoneLine, ...]:
    told = (
        ("Z-F07-014", 0.612, 412, 2, 1.84, 331, "Between recloser R-12 and switch SW-15: R-12 is the device that most"
         " likely operated, 78 % overhead, two faults in five years."),
        ("Z-F07-015", 0.214, 271, 1, 1.12, 220, "Beyond switch SW-15; a fault here would also have opened R-12."),
        ("Z-F07-013", 0.098, 530, 2, 0.64, 331, "Above R-12; R-12 would have operated out of order."),
        ("Z-F07-021", 0.051, 66, 0, 2.31, 54, "Lateral behind fuse FU-221, among trees."),
        ("Z-F07-022", 0.025, 87, 0, 0.92, 70, "Lateral behind fuse FU-222, underground."),
    )  # fmt: skip
    out, cumulated = [], 0.0
    for rank, (zone_id, probability, count, critical, miles, gasps, said) in enumerate(told, start=1):
        before, cumulated = cumulated, round(cumulated + probability, 9)
        evidence = [
            {"kind": "last gasp", "value": f"{gasps} of {count} meters", "llr": round(gasps * 0.648, 3)},
            {"kind": "ping", "value": "4 meters above R-12 answered", "llr": -6.877},
        ]
        out.append(
            ZoneLine(
                zone_id=zone_id,
                rank=rank,
                probability=probability,
                cum_probability=cumulated,
                meters_out=count,
                critical_customers=critical,
                patrol_order=rank,
                patrol_miles=miles,
                in_credible_set=before < 0.9,
                explanation=said,
                evidence=evidence,
            )
        )
    return tuple(out)


def _step(no: int, text: str, device: str, proposed: str, remote: bool, minutes: float, before: str) -> dict[str, Any]:
    return {
        "no": no,
        "text": text,
        "device_id": device,
        "proposed": proposed,
        "is_remote": remote,
        "minutes": minutes,
        "precondition": before,
    }


SWITCHING = [
    _step(1, "Consider isolating at SW-12 once the field has cleared it.", "SW-12", "open", False, 22.0, "patrolled"),
    _step(2, "SW-15 could then be opened to part the healthy section.", "SW-15", "open", True, 1.0, "SW-12 is open"),
    _step(3, "Supply through tie T-7 from FEEDER_3 is proposed.", "T-7", "close", True, 1.0, "FEEDER_3 below 90 %"),
]


def option(option_id: str, rank: int | None, kind: str, narrative: str, **more: Any) -> OptionLine:
    facts: dict[str, Any] = {
        "zone_id": "Z-F07-014",
        "score": None,
        "cmr": 0.0,
        "customers_restored": 0,
        "critical_restored": 0,
        "kw_restored": 0.0,
        "est_minutes": 60.0,
        "checks": {"thermal": "pass", "voltage": "pass", "radial": "pass", "phases": "pass"},
    }
    return OptionLine(option_id=option_id, rank=rank, option_type=kind, narrative=narrative, **(facts | more))


CLPU = {"code": "CLPU_UNCERTAIN", "value": 0.05, "text": "Cold-load pickup is an assumption."}
WRONG = {"code": "ZONE_WRONG", "value": 0.0388, "text": "The fault may lie in another zone (39 %)."}


def options() -> tuple[OptionLine, ...]:
    return (
        option(
            "OPT-1", 1, "back_feed",
            "Consider, after operator validation and field clearance, isolating between SW-12 and SW-15 and supplying"
            " 259 customers from FEEDER_3 through tie T-7; estimated loading 84 % (cold-load pickup 1.60), minimum"
            " voltage 118.2 V.",
            score=81.447, cmr=22_386.0, customers_restored=259, critical_restored=2, kw_restored=642.0,
            est_minutes=38.0, tie_device_id="T-7", loading_pct_max=84.1, v_min_pu=0.985, clpu_factor=1.6, risk=0.087,
            risk_items=[WRONG, CLPU], steps=SWITCHING,
        ),
        option(
            "OPT-2", 2, "partial_back_feed",
            "Supplying only the 141 customers nearest to T-7 could be considered if FEEDER_3 is loaded higher.",
            score=64.208, cmr=15_369.0, customers_restored=141, critical_restored=2, kw_restored=349.0,
            est_minutes=59.0, tie_device_id="T-7", loading_pct_max=61.3, v_min_pu=0.991, clpu_factor=1.6, risk=0.05,
            risk_items=[CLPU], steps=SWITCHING[:2],
        ),
        option(
            "OPT-3", 3, "mobile_generation",
            "A mobile generator could be considered for the two critical customers and 44 others.",
            score=22.61, cmr=4_310.0, customers_restored=46, critical_restored=2, kw_restored=113.0, est_minutes=150.0,
            loading_pct_max=72.0, v_min_pu=0.998, clpu_factor=1.0, risk=0.05,
            steps=[_step(1, "A 250 kW generator could be connected at XF-311.", "XF-311", "connect", False, 150.0,
                         "generator on site")],
        ),
        option(
            "OPT-4", 4, "repair_only", "Repair first and supply everybody after it, the measure of the other options.",
            zone_id=None, score=10.0, est_minutes=208.0, risk=0.0, checks={},
        ),
    )  # fmt: skip


def rejected() -> tuple[OptionLine, ...]:
    return (
        option(
            "OPT-5", None, "back_feed", "Supply through tie T-4 was rejected.", cmr=24_110.0, customers_restored=271,
            tie_device_id="T-4", loading_pct_max=118.7, v_min_pu=0.972, clpu_factor=1.6, est_minutes=41.0,
            checks={"thermal": "fail", "voltage": "pass", "radial": "pass", "phases": "pass"},
            infeasible_reasons=["FEEDER_9 would carry 118.7 % of its rating with cold-load pickup 1.60"],
        ),
        option(
            "OPT-6", None, "back_feed", "Supply through tie T-11 was rejected.", cmr=14_210.0, customers_restored=153,
            zone_id="Z-F07-015", tie_device_id="T-11", loading_pct_max=71.0, v_min_pu=0.931, clpu_factor=1.6,
            checks={"thermal": "pass", "voltage": "fail", "radial": "pass", "phases": "pass"}, est_minutes=47.0,
            infeasible_reasons=["0.931 pu at the end of the line, 0.950 are needed"],
        ),
        option(
            "OPT-7", None, "back_feed", "Supply through tie T-2 was rejected.", cmr=9_870.0, customers_restored=118,
            tie_device_id="T-2", clpu_factor=1.6, est_minutes=40.0,
            checks={"thermal": "pass", "voltage": "pass", "radial": "pass", "phases": "fail"},
            infeasible_reasons=["tie T-2 carries phase B alone, the island needs A, B and C"],
        ),
    )  # fmt: skip


def crews() -> tuple[CrewLine, ...]:
    facts: dict[str, Any] = {"zone_id": "Z-F07-014", "option_id": "OPT-1", "role": "patrol and switching"}
    return (
        CrewLine(
            crew_id="CREW-04", crew_name="North line 4", rank=1, is_assigned=True, score=100.0, eta_min=14.2,
            travel_km=7.3, skills_matched=["line_oh", "switching"], **facts,
            explanation="North line 4 could be on site in about 14 minutes (7.3 km) and has line oh and switching;"
            " 5 h 40 min of its shift remain.",
        ),
        CrewLine(
            crew_id="CREW-09", crew_name="East line 9", rank=2, is_assigned=False, score=85.4, eta_min=26.8,
            travel_km=13.7, skills_matched=["line_oh", "switching"], **facts,
            explanation="East line 9 could be on site in about 27 minutes (13.7 km) and has line oh and switching;"
            " it would fetch a cross-arm at its depot on the way.",
        ),
        CrewLine(
            crew_id="CREW-02", crew_name="Switching 2", rank=3, is_assigned=False, score=0.0, eta_min=9.1,
            travel_km=4.6, skills_matched=["switching"], skills_missing=["line_oh"], conflicts=["lacks line_oh"],
            **facts, explanation="Switching 2 could not take it: lacks line_oh.",
        ),
    )  # fmt: skip


RECORDED = (
    ("first_evidence", 0.0, "meter events", False),
    ("first_last_gasp", 0.0, "meter events", False),
    ("provisional_created", 1.2, "inference", False),
    ("provisional_probable", 2.4, "inference", False),
    ("first_call", 6.0, "calls", True),
    ("promoted", 6.1, "countersignature", False),
    ("first_etr", 7.0, "estimate", False),
    ("zone_ranked", 8.3, "ranking", False),
    ("options_generated", 9.1, "options", False),
    ("crew_recommended", 9.8, "crews", False),
    ("dispatched", 14.5, "dispatch log", True),
    ("arrived", 33.0, "dispatch log", True),
    ("fault_found", 61.5, "crew", True),
    ("verified_by_prn", 213.5, "power-on messages", False),
    ("closed", 240.0, "control room", True),
)


def map_edges() -> tuple[MapEdge, ...]:
    spine = [(35.190, -80.840), (35.194, -80.835), (35.198, -80.829), (35.203, -80.824), (35.207, -80.818)]
    spine.append((35.211, -80.812))
    along = [
        ("R-11", "recloser", "Z-F07-013", False),
        ("R-12", "recloser", "Z-F07-014", True),
        ("SW-12", "switch", "Z-F07-014", True),
        ("SW-15", "switch", "Z-F07-015", True),
        ("T-7", "tie", "Z-F07-015", True),
    ]
    out = [
        MapEdge(
            edge_id=f"L{n}", from_node=f"N{n}", to_node=f"N{n + 1}", a=spine[n], b=spine[n + 1], zone_id=zone,
            device_id=device, device_type=kind, is_open=device in {"R-12", "T-7"}, is_out=out,
        )
        for n, (device, kind, zone, out) in enumerate(along)
    ]  # fmt: skip
    branches = [
        (2, (35.201, -80.840), "FU-221", "Z-F07-021"),
        (3, (35.199, -80.815), "FU-222", "Z-F07-022"),
        (2, (35.192, -80.822), None, "Z-F07-014"),
        (4, (35.213, -80.824), None, "Z-F07-015"),
    ]
    for number, (node, end, fuse, zone) in enumerate(branches):
        kind = "fuse" if fuse else None
        out.append(
            MapEdge(
                edge_id=f"B{number}", from_node=f"N{node}", to_node=f"E{number}", a=spine[node], b=end, zone_id=zone,
                device_id=fuse, device_type=kind, is_out=True,
            )
        )  # fmt: skip
    return tuple(out)


def runs() -> tuple[dict[str, Any], ...]:
    told = (("promote", 6, "outage-inference/1"), ("rank", 8, "fault-zones/1"), ("options", 9, "restoration-options/1"))
    told += (("crews", 10, "crews/1"), ("replay", 255, "after-action-replay/1"))
    return tuple(
        {
            "step": step,
            "run_id": str(derived_id("run", step)),
            "as_of": iso(at(minutes)),
            "algo_version": version,
            "config_hash": hash_of(f"config {step}"),
            "input_hash": hash_of(f"input {step}"),
            "output_hash": hash_of(f"output {step}"),
        }
        for step, minutes, version in told
    )


def story(**more: Any) -> ReplayFacts:
    """The whole outage; `more` replaces single facts."""
    chance = random.Random(9)  # noqa: S311
    history = {START.date() - timedelta(days=n): round(chance.lognormvariate(-1.6, 1.2), 4) for n in range(1, 612)}
    facts: dict[str, Any] = {
        "replay_id": str(derived_id("replay", "story")),
        "tenant_id": "piedmont",
        "tenant_name": "Piedmont Light & Power",
        "generated_at": at(260),
        "as_of": at(255),
        "outage": OutageRecord(
            "OUT-2026-07-14-0007", "FEEDER_7", "Providence 7", "R-12", "recloser", "CLOSED", START, SERVED,
            "America/New_York", cause="tree on line", restored_at=at(208),
        ),
        "input_hash": hash_of("inputs"),
        "impacts": impacts(),
        "recorded": tuple(Recorded(code, at(m), source, (f"{code}-1",), told) for code, m, source, told in RECORDED),
        "runs": runs(),
        "zones": zones(),
        "options": options(),
        "rejected_options": rejected(),
        "crews": crews(),
        "plans": (
            Plan("OPT-1", (RestoredGroup(meters(0), 38.0), RestoredGroup(meters(1), 39.0))),
            Plan("OPT-2", (RestoredGroup(meters(0), 59.0),)),
            Plan("OPT-3", (RestoredGroup(meters(0)[:46], 150.0),)),
        ),
        "advised_at": at(9.1),
        "etrs": (
            GivenEtr(at(7), at(170), at(250)),
            GivenEtr(at(62), at(190), at(235)),
            GivenEtr(at(120), at(217), at(240)),
        ),
        "approvals": (
            Approval(
                act="outage.promote", by="Dana Whitfield", role="SUPERVISOR", at=iso(at(6.1)),
                content_hash=hash_of("promotion"), countersignature_id=str(derived_id("signature", "1")),
                reason="Two calls agree with the meters.",
            ),
        ),
        "feedback": (
            {"rec_type": "option", "rec_id": "OPT-1", "action": "modified", "reason_code": "LOADING",
             "note": "Waited for the crew's report.", "actor": "Dana Whitfield", "at": iso(at(40))},
        ),
        "truth": Truth("R-12", "Z-F07-014", meters(3)),
        "saidi_by_day": history | {datetime(2026, 7, 13, tzinfo=UTC).date(): 0.894},
        "evidence_counts": {"last_gasp": 331, "power_on": 402, "ping_answered": 6, "ping_no_answer": 4, "call": 7},
        "data_quality": {
            "last_gasp_delivery": 0.803398, "false_last_gasps": 2, "late_events": 11, "late_share": 0.0146,
            "median_arrival_delay_s": 9.4, "topology_age_days": 12, "power_on_coverage": 0.975728,
        },
        "assumptions": ("Cold-load pickup starts at 2.0 and falls with a time constant of 30 minutes.",),
        "map_edges": map_edges(),
        "topology_version_id": str(derived_id("topology", "story")),
        "topology_imported_at": datetime(2026, 7, 2, 9, tzinfo=UTC),
    }  # fmt: skip
    return ReplayFacts(**(facts | more))
