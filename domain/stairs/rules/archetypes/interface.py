"""ARCH-INTERFACE-001: how the system answers another one, attested by a person, one test per definition."""

from collections.abc import Iterator

from domain.stairs.rules.archetypes.template import Template, Texts, cues, prompt, steps
from domain.stairs.rules.identifiers import interface_identifier
from domain.stairs.rules.registry import InterfaceDefinition, Registry, Stair
from domain.stairs.rules.schedule import ALL, INTERFACE
from domain.stairs.rules.vocabulary import INTERFACE_TYPES

TYPE = "interface_test"


def interface_templates(
    registry: Registry, stair: Stair, frequency: str, choice: dict[str, tuple[str, ...]]
) -> Iterator[Template]:
    """By kind of interface, then by place."""
    wanted = INTERFACE_TYPES if choice["interface_type"] == (ALL,) else choice["interface_type"]
    definitions = sorted(
        (
            one
            for one in registry.definitions
            if one.stair_id == stair.stair_id and one.active and one.interface_type in wanted
        ),
        key=lambda one: (INTERFACE_TYPES.index(one.interface_type), one.location_id, str(one.definition_id)),
    )
    return (_template(stair, one, frequency) for one in definitions)


def _template(stair: Stair, definition: InterfaceDefinition, frequency: str) -> Template:
    return Template(
        archetype_id=INTERFACE,
        measurement_type=TYPE,
        frequency=frequency,
        scoped_identifier=interface_identifier(stair.stair_name, definition.interface_type, definition.location_id),
        stair_id=stair.stair_id,
        definition_id=definition.definition_id,
        interface_type=definition.interface_type,
        location_id=definition.location_id,
        unit="s",
        texts=_texts(definition),
    )


def _texts(definition: InterfaceDefinition) -> Texts:
    place = definition.location_name or definition.location_id
    wait = definition.response_time_s
    within = "" if wait is None else f" within {wait} s"
    return Texts(
        instructions=steps(
            ("Tell the building that the interface is under test", 60),
            (f"At {place}: {definition.test_action or 'carry out the action of the definition'}", 30),
            (f"Watch for: {definition.expected_result or 'the result of the definition'}{within}", wait or 30),
            ("Record whether it was observed, and the response time in seconds (s)", 20),
        ),
        audible_cues=cues(0),
        safety_warnings=(
            "Simulate signals only: never discharge a sprinkler",
            "Restore automatic operation before you leave",
        ),
        evidence_prompts=(
            prompt("photo", f"Indication at {place} after the action", mandatory=True),
            prompt("video", "Action and response", mandatory=False),
        ),
    )
