"""A storm's outage as a replay tells it, with the numbers written out; the tests change what they are about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.grid.outages.rules.summary import (
    Approval,
    CounterfactualCase,
    CrewLine,
    CurvePoint,
    EtrLine,
    MapEdge,
    Milestone,
    OptionLine,
    OutageFacts,
    Provenance,
    RankingQuality,
    Reliability,
    ReplaySummary,
    ZoneLine,
)
from domain.kernel.advisory import SENTENCES
from domain.kernel.canonical import derived_id, sha256_hex

START = datetime(2026, 7, 14, 1, 12, 20, tzinfo=UTC)
SERVED = 18_642
# Customers, minute of restoration as it was, and as the first option would have made it.
GROUPS = ((141, 96.0, 63.0), (118, 152.0, 63.0), (87, 171.0, 171.0), (66, 208.0, 208.0))
CMI = float(sum(customers * actual for customers, actual, _ in GROUPS))
OTHER_CMI = float(sum(customers * other for customers, _, other in GROUPS))


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def curve(which: int) -> list[CurvePoint]:
    left = sum(group[0] for group in GROUPS)
    points = [CurvePoint(at=at(0), customers_out=left)]
    for customers, minute in sorted(((g[0], float(g[which])) for g in GROUPS), key=lambda pair: pair[1]):
        left -= customers
        points.append(CurvePoint(at=at(minute), customers_out=left))
    return points


def case(name: Any = "as_recommended", **changes: Any) -> CounterfactualCase:
    told: dict[str, Any] = {
        "case": name,
        "option_id": "OPT-1",
        "is_feasible": True,
        "cmi": OTHER_CMI,
        "delta_cmi": OTHER_CMI - CMI,
        "delta_cmi_low": -17_000.0,
        "delta_cmi_high": -10_200.0,
        "delta_saidi_min": (OTHER_CMI - CMI) / SERVED,
        "regret_cmi": CMI - OTHER_CMI,
        "curve": curve(2),
    }
    return CounterfactualCase(**(told | changes))


def zone(rank: int, zone_id: str, probability: float, cumulative: float, **changes: Any) -> ZoneLine:
    told: dict[str, Any] = {
        "zone_id": zone_id,
        "rank": rank,
        "probability": probability,
        "cum_probability": cumulative,
        "meters_out": 412 // rank,
        "critical_customers": max(3 - rank, 0),
        "patrol_order": rank,
        "patrol_miles": 1.84 / rank,
        "in_credible_set": cumulative - probability < 0.9,
        "explanation": f"Section {rank} below recloser R-12: two faults in five years, 78 % overhead.",
        "evidence": [{"kind": "last gasp", "value": "331 of 412 meters", "llr": 214.6}],
    }
    return ZoneLine(**(told | changes))


def step(no: int, text: str, device: str, proposed: str) -> dict[str, Any]:
    return {
        "no": no,
        "text": text,
        "device_id": device,
        "proposed": proposed,
        "is_remote": no > 1,
        "minutes": 22.0 if no == 1 else 1.0,
        "precondition": "patrol of the zone done",
    }


def option(option_id: str, rank: int | None, **changes: Any) -> OptionLine:
    told: dict[str, Any] = {
        "option_id": option_id,
        "rank": rank,
        "option_type": "backfeed",
        "zone_id": "Z-F07-014",
        "score": None if rank is None else 90.0 - 9 * rank,
        "cmr": 22_386.0 / (rank or 1),
        "customers_restored": 259,
        "critical_restored": 2,
        "kw_restored": 742.0,
        "est_minutes": 38.0,
        "tie_device_id": "T-7",
        "loading_pct_max": 84.1,
        "v_min_pu": 0.985,
        "clpu_factor": 1.6,
        "risk": 0.09,
        "risk_items": [{"code": "ZONE_WRONG", "value": 0.04, "text": "The fault may lie in another zone (39 %)."}],
        "steps": [
            step(1, "Consider isolating at SW-12 once the field has cleared it.", "SW-12", "open"),
            step(2, "Supply through tie T-7 from FEEDER_3 is proposed.", "T-7", "close"),
        ],
        "narrative": (
            "Consider, after operator validation and field clearance, isolating between SW-12 and SW-15 and supplying"
            " 259 customers from FEEDER_3 through tie T-7; estimated loading 84 %, minimum voltage 118.2 V."
        ),
    }
    return OptionLine(**(told | changes))


def crew(number: int, **changes: Any) -> CrewLine:
    told: dict[str, Any] = {
        "crew_id": f"CREW-{number:02}",
        "crew_name": f"North line {number}",
        "zone_id": "Z-F07-014",
        "option_id": "OPT-1",
        "role": "patrol and switching",
        "rank": number,
        "is_assigned": number == 1,
        "score": 90.0 - 12 * number,
        "eta_min": 14.2 * number,
        "travel_km": 7.3 * number,
        "skills_matched": ["line_oh", "switching"],
        "skills_missing": [] if number == 1 else ["line_oh"],
        "explanation": f"{14 * number} minutes away, with both skills.",
    }
    return CrewLine(**(told | changes))


MILESTONES = (
    ("first_evidence", "First evidence", 0.0),
    ("promoted", "Promoted by a person", 6.1),
    ("options_generated", "Options generated", 9.1),
    ("dispatched", "Crew dispatched", 14.5),
    ("arrived", "Crew on site", 33.0),
    ("fault_found", "Fault found", 61.5),
    ("isolated", "Fault isolated", None),
    ("first_restoration", "First customers restored", 96.0),
    ("last_restoration", "Last customers restored", 208.0),
    ("closed", "Closed", 240.0),
)


def milestone(code: str, label: str, minutes: float | None) -> Milestone:
    if minutes is None:
        return Milestone(code=code, label=label, quality="missing")
    return Milestone(code=code, label=label, at=at(minutes), minutes_from_start=minutes, source="meter events")


def edge(
    edge_id: str, ends: tuple[str, str], places: Any, zone_id: str | None, device: str | None, **more: Any
) -> MapEdge:
    a, b = places if places is not None else (None, None)
    return MapEdge(
        edge_id=edge_id,
        from_node=ends[0],
        to_node=ends[1],
        a=a,
        b=b,
        zone_id=zone_id,
        device_id=device,
        is_out=True,
        **more,
    )


PLACES = ((35.190, -80.840), (35.198, -80.829), (35.207, -80.818), (35.211, -80.812))


def network(placed: bool = True) -> list[MapEdge]:
    def pair(a: int, b: int) -> Any:
        return (PLACES[a], PLACES[b]) if placed else None

    lateral = ((PLACES[1], (35.201, -80.840))) if placed else None
    return [
        edge("L1", ("N0", "N1"), pair(0, 1), "Z-F07-014", "R-12", is_open=True, device_type="recloser"),
        edge("L2", ("N1", "N2"), pair(1, 2), "Z-F07-015", "SW-15", device_type="switch"),
        edge("L3", ("N2", "N3"), pair(2, 3), None, "T-7", is_open=True, device_type="tie"),
        edge("L4", ("N1", "M1"), lateral, "Z-F07-021", "FU-221", device_type="fuse"),
    ]


def hash_of(what: str) -> str:
    return sha256_hex(what.encode())


def reliability(**changes: Any) -> Reliability:
    told: dict[str, Any] = {
        "cmi": CMI,
        "customers_interrupted": 412,
        "momentary_customers": 37,
        "saidi_min": CMI / SERVED,
        "saifi": 412 / SERVED,
        "caidi_min": CMI / 412,
        "asai": 1 - CMI / (SERVED * 1440),
        "maifi_e": 37 / SERVED,
        "day": "2026-07-13",
        "saidi_day_min": 4.113,
        "tmed_min": 11.842,
        "tmed_days": 611,
        "is_short_history": True,
        "is_major_event_day": False,
        "critical_customer_minutes": 312.0,
        "kwh_not_served": 2604.1,
        "cost": 5208.2,
    }
    return Reliability(**(told | changes))


def outage(**changes: Any) -> OutageFacts:
    told: dict[str, Any] = {
        "outage_id": "OUT-2026-07-14-0007",
        "feeder_id": "FEEDER_7",
        "feeder_name": "Providence 7",
        "device_id": "R-12",
        "device_type": "recloser",
        "cause": "tree on line",
        "status": "CLOSED",
        "started_at": at(0),
        "restored_at": at(208),
        "customers_out_peak": 412,
        "critical_customers": 2,
        "customers_served": SERVED,
        "timezone": "America/New_York",
    }
    return OutageFacts(**(told | changes))


def sample(**changes: Any) -> ReplaySummary:
    """The whole replay; `changes` replace its parts."""
    runs = [
        {
            "step": name,
            "run_id": str(derived_id("run", name)),
            "as_of": at(minute),
            "algo_version": f"{name}/1",
            **{f"{part}_hash": hash_of(part + name) for part in ("config", "input", "output")},
        }
        for name, minute in (("promote", 6.0), ("rank", 8.3), ("options", 9.1), ("crews", 9.8), ("replay", 255.0))
    ]
    told: dict[str, Any] = {
        "replay_id": str(derived_id("replay", "sample")),
        "tenant_id": "demo",
        "tenant_name": "Piedmont Light & Power",
        "generated_at": at(260),
        "as_of": at(255),
        "outage": outage(),
        "milestones": [milestone(*told) for told in MILESTONES],
        "metrics": {"detection_lead_min": 4.8, "time_to_isolate_min": None, "cmi": CMI},
        "curve": curve(1),
        "etr": [EtrLine(given_at=at(7), p50_at=at(170), p90_at=at(250), error_min=38.0)],
        "reliability": reliability(),
        "ranking_quality": RankingQuality(
            true_device_id="R-12", true_zone_id="Z-F07-014", rank_of_true_zone=1, posterior_at_truth=0.612, brier=0.2092
        ),
        "zones": [
            zone(1, "Z-F07-014", 0.612, 0.612),
            zone(2, "Z-F07-015", 0.214, 0.826),
            zone(3, "Z-F07-021", 0.174, 1.0),
        ],
        "options": [option("OPT-1", 1), option("OPT-2", 2, option_type="partial")],
        "rejected_options": [
            option("OPT-5", None, risk=None, infeasible_reasons=["THERMAL: 118.7 % of rating on FEEDER_9"])
        ],
        "crews": [crew(1), crew(2)],
        "counterfactual": [
            case(),
            case("second_option", option_id="OPT-2", is_feasible=False, why_not="Tie T-4 overloaded"),
        ],
        "assumptions": ["Ten minutes pass between advice and decision."],
        "evidence_counts": {"call": 7, "last_gasp": 331},
        "data_quality": {"last_gasp_delivery": 0.8034, "late_events": 11, "median_arrival_delay_s": 9.4},
        "narrative": {},
        "map": network(),
        "advisory": list(SENTENCES),
        "provenance": Provenance(
            runs=runs,
            topology_version_id=str(derived_id("topology", "sample")),
            topology_imported_at="2026-07-02T09:00:00Z",
            input_hash=hash_of("inputs"),
            approvals=[
                Approval(
                    act="outage.promote",
                    by="Dana Whitfield",
                    role="SUPERVISOR",
                    at=at(6.1),
                    content_hash=hash_of("promotion"),
                    countersignature_id=str(derived_id("cs", "1")),
                    reason="Two calls agree.",
                )
            ],
            feedback=[
                {"rec_type": "option", "rec_id": "OPT-1", "action": "modified", "actor": "Dana Whitfield", "at": at(40)}
            ],
        ),
    }
    return ReplaySummary(**(told | changes))
