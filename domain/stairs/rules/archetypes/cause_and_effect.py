"""ARCH-CE-001: what follows when a device of a zone triggers, step by step, one test per active scenario."""

from collections.abc import Iterator

from domain.stairs.rules.archetypes.template import Template, Texts, cues, prompt, steps
from domain.stairs.rules.identifiers import scenario_identifier
from domain.stairs.rules.registry import Registry, Scenario, Stair, Zone
from domain.stairs.rules.schedule import CAUSE_AND_EFFECT

TYPE = "cause_and_effect_logic"


def cause_and_effect_templates(
    registry: Registry, stair: Stair, frequency: str, choice: dict[str, tuple[str, ...]]
) -> Iterator[Template]:
    """Zone by zone, scenarios by name and version; an inactive version is not tested."""
    zones = {zone.zone_id: zone for zone in registry.zones}
    scenarios = sorted(
        (
            one
            for one in registry.scenarios
            if one.stair_id == stair.stair_id and one.active and one.scenario_type in choice["scenario_type"]
        ),
        key=lambda one: (zones[one.zone_id].zone_name, one.scenario_name, one.version, str(one.scenario_id)),
    )
    return (_template(stair, zones[one.zone_id], one, frequency) for one in scenarios)


def _template(stair: Stair, zone: Zone, scenario: Scenario, frequency: str) -> Template:
    return Template(
        archetype_id=CAUSE_AND_EFFECT,
        measurement_type=TYPE,
        frequency=frequency,
        scoped_identifier=scenario_identifier(
            stair.stair_name, zone.zone_name, scenario.scenario_name, scenario.version
        ),
        stair_id=stair.stair_id,
        zone_id=zone.zone_id,
        scenario_id=scenario.scenario_id,
        texts=_texts(stair, zone, scenario),
    )


def _texts(stair: Stair, zone: Zone, scenario: Scenario) -> Texts:
    longest = max(step.expected_delay_seconds + step.tolerance_seconds for step in scenario.expected_sequence)
    return Texts(
        instructions=steps(
            ("Tell the monitoring company and the building that the alarm is under test", 120),
            (f"Trigger {scenario.trigger_device_id} in {zone.zone_name} of {stair.stair_name} and start the clock", 30),
            (f"Note each of the {len(scenario.expected_sequence)} steps as it happens", int(longest) + 1),
            ("Hand in the panel's event log, or the stopwatch's record where the panel keeps none", 60),
            ("Restore the system and see that the panel shows normal", 120),
        ),
        audible_cues=cues(0),
        safety_warnings=(
            "Have the test announced before the alarm sounds",
            "Keep clear of fans and dampers: they start by themselves",
            "Restore the system before you leave",
        ),
        evidence_prompts=(
            prompt("structured_data", "Event log of the panel, or the record of the stopwatch", mandatory=True),
            prompt("video", "Panel and clock during the sequence", mandatory=False),
        ),
    )
