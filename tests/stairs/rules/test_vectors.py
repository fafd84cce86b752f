"""Vectors for whoever judges provisionally elsewhere, such as the phone: cases, and what the engine says of them.

`vectors.json` beside this file is made by `python -m tests.stairs.rules.test_vectors`; the engine is held to it here.
"""

import json
from pathlib import Path
from typing import Any

from domain.stairs.rules.evaluation.evaluate import ENGINE_VERSION
from tests.stairs.rules.cases import cause_and_effect, events, force, grid, interface, pressure, result, velocity

FILE = Path(__file__).with_name("vectors.json")
TOLD = ("verdict", "effective_min", "effective_max", "measured_value", "flags", "acknowledge", "issues", "grid")


def cases() -> dict[str, dict[str, Any]]:
    """The cases by name: each edge of each limit, and each way not to be proven that a phone can see."""
    return {
        **{
            f"pressure {value}": pressure(value)
            for value in ("43.2", "20", "20.000", "19.9999", "19.9996", "80", "80.0001", "0", "-4")
        },
        "pressure 24 with design minimum 25": pressure("24", template={"min_threshold": "25", "unit": "Pa"}),
        "pressure 19 with looser template": pressure("19", template={"min_threshold": "15", "unit": "Pa"}),
        "pressure without rule": pressure(rules=[]),
        "pressure without instrument": pressure(instrument=None),
        "pressure with expired certificate": pressure(certificates=[]),
        "pressure without photo": pressure(evidence=[]),
        "velocity of the source": velocity(),
        "velocity mean at the limit": velocity(grid(*["1"] * 8, "1")),
        "velocity mean just below": velocity(grid(*["1"] * 8, "0.999999")),
        "velocity with reverse flow": velocity(grid(*["1.5"] * 8, "-0.4")),
        "velocity uneven": velocity(grid(*["1.5"] * 8, "0.5")),
        **{f"force {value}": force(value) for value in ("95.5", "110", "110.001")},
        **{
            f"force {value} at the edge": force(value, measurement_position="at_edge") for value in ("90", "105", "111")
        },
        "force without position": force(measurement_position=None),
        **{
            f"cause and effect at {' '.join(at)}": cause_and_effect(events(*at))
            for at in (
                ("0", "3", "5", "15"),
                ("2", "5", "7", "20"),
                ("0", "3", "7.1", "15"),
                ("0", "0.9", "5", "15"),
                ("0", "4", "3.5", "15"),
                ("0", "-1", "5", "15"),
            )
        },
        "cause and effect with a step missing": cause_and_effect(events()[:3]),
        "cause and effect with a wrong action": cause_and_effect(
            [one | ({"action": "stop"} if one["component_id"] == "FAN-01" else {}) for one in events()]
        ),
        **{f"interface in {at} s": interface(response=at) for at in ("4", "5", "5.001")},
        "interface not observed": interface(matched=False),
        "interface without time": interface(response=None),
    }


def vectors() -> dict[str, Any]:
    """Each case with what the engine says of it."""
    told = [
        {"name": name, "case": case, "expected": {key: found[key] for key in TOLD}}
        for name, case in cases().items()
        for found in [result(case)]
    ]
    return {"engine_version": ENGINE_VERSION, "vectors": told}


def test_the_engine_says_what_the_vectors_say() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(json.dumps(vectors()))


def test_the_vectors_hold_every_verdict_of_every_type() -> None:
    told = {(one["case"]["measurement_type"], one["expected"]["verdict"]) for one in vectors()["vectors"]}

    assert len(told) == 15


if __name__ == "__main__":
    made = vectors()
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in made["vectors"])
    FILE.write_text(f'{{"engine_version": "{ENGINE_VERSION}", "vectors": [\n{lines}\n]}}\n', encoding="utf-8")
