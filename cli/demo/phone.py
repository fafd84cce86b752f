"""A technician's phone: walks a session from its bundle without a signal, and brings everything back afterwards."""

import hashlib
import io
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from cli.demo.client import Client
from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.errors import Conflict

TOOLS = {"pressure_differential": "manometer", "air_velocity": "anemometer", "door_opening_force": "force_gauge"}
# How long a test takes, from the first look to the last photo. A person needs minutes; the demo's clock runs fast, so
# that a whole visit lies between the bundle's issue and what the server takes as its own present.
TEST = timedelta(seconds=1)
PIECE_BYTES = 256 * 1024


@dataclass
class Collected:
    """What a phone holds until it has a signal: results, and files with what is told of them."""

    results: list[dict[str, Any]] = field(default_factory=list)
    files: list[tuple[str, dict[str, Any], bytes]] = field(default_factory=list)


@dataclass
class Phone:
    """One phone.

    Attributes:
        client: the technician's way to the copy, while there is a signal.
        session_id: the session that is walked.
        begins: when the walk begins.
        readings: what the instruments show, by identifier of the test, where it is not what was commissioned.
    """

    client: Client
    session_id: str
    begins: datetime
    readings: dict[str, str] = field(default_factory=dict)
    bundle: dict[str, Any] = field(default_factory=dict)

    def fetch(self) -> int:
        """Take the bundle, check every part against its manifest; answer how many tests it has.

        Raises:
            Conflict: BUNDLE_DAMAGED, a part is not what the manifest names.
        """
        told = self.client.get(f"/api/v1/tests/sessions/{self.session_id}/bundle")
        parts = {name: content_hash(part) for name, part in told["parts"].items()}
        if parts != told["manifest"]["parts"] or content_hash(told["manifest"]) != told["bundle_hash"]:
            raise Conflict("The bundle is not what its manifest says.", code="BUNDLE_DAMAGED")
        self.bundle = told
        return len(told["parts"]["instances"])

    def walk(self) -> Collected:
        """Test everything that is pending, in walk order, without asking the copy anything."""
        parts, found = self.bundle["parts"], Collected()
        tools = {one["instrument_type"]: one["id"] for one in parts["instruments"]}
        pending = [one for one in parts["instances"] if one["status"] == "pending"]
        for place, instance in enumerate(pending):
            at = self.begins + place * TEST
            found.results.append(self._result(instance, tools, at))
            prompts = parts["texts"][instance["evidence_prompts"]] or []
            for number, prompt in enumerate(prompts, start=1):
                if prompt["mandatory"]:
                    found.files.append(self._capture(instance, prompt, number, at + TEST / 2))
        return found

    def bring_back(self, found: Collected, *, batch: int = 60) -> dict[str, int]:
        """Send files and results; what was sent already is harmless. Answers the counts of outcomes."""
        for instance_id, told, data in found.files:
            at = f"/api/v1/tests/sessions/{self.session_id}/instances/{instance_id}/evidence"
            self.client.post(at, told)
            self.send_file(told["evidence_id"], data)
        counts: dict[str, int] = {}
        for first in range(0, len(found.results), batch):
            answer = self.send_results(found.results[first : first + batch])
            counts = {name: counts.get(name, 0) + number for name, number in answer["counts"].items()}
        return counts

    def send_results(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        """One batch of results."""
        body = {"bundle_hash": self.bundle["bundle_hash"], "submissions": results}
        return self.client.post(f"/api/v1/tests/sessions/{self.session_id}/sync", body)

    def send_file(self, evidence_id: str, data: bytes) -> None:
        """The bytes of one file, piece by piece, from where the copy says that it stands."""
        path = f"/api/v1/evidence/{evidence_id}"
        first = int(self.client.get(path)["received_bytes"]) if len(data) > PIECE_BYTES else 0
        while first < len(data):
            piece = data[first : first + PIECE_BYTES]
            self.client.put(f"{path}/content", piece, f"bytes {first}-{first + len(piece) - 1}/{len(data)}")
            first += len(piece)

    def _result(self, instance: dict[str, Any], tools: dict[str, str], at: datetime) -> dict[str, Any]:
        kind = instance["measurement_type"]
        told: dict[str, Any] = {
            "submission_id": str(derived_id("demo.submission", instance["instance_id"])),
            "instance_id": instance["instance_id"],
            "started_at": at.isoformat(),
            "tested_at": (at + TEST / 2).isoformat(),
            "completed_at": (at + TEST).isoformat(),
        }
        if kind in TOOLS:
            told["used_instrument_id"] = tools[TOOLS[kind]]
        return told | self._measured(kind, instance)

    def _measured(self, kind: str, instance: dict[str, Any]) -> dict[str, Any]:
        name = instance["scoped_identifier"]
        if kind == "cause_and_effect_logic":
            return {"events": {"source": "panel_log", "events": _as_expected(instance, name)}}
        if kind == "interface_test":
            most = float(instance["definition_snapshot"].get("response_time_s") or 10)
            return {"interface": {"matched": True, "response_time_s": f"{0.6 * most + 0.2 * chance(name):.1f}"}}
        if kind == "air_velocity":
            return {"grid": [_point(one, name) for one in instance["baseline_snapshot"]["measurement_points"]]}
        usual = float(instance["baseline_snapshot"]["value"])
        measured = self.readings.get(name) or f"{usual + 0.8 * chance(name):.1f}"
        at_handle = {"measurement_position": "at_handle"} if kind == "door_opening_force" else {}
        return {"value": measured} | at_handle

    def _capture(
        self, instance: dict[str, Any], prompt: dict[str, Any], number: int, at: datetime
    ) -> tuple[str, dict[str, Any], bytes]:
        name = instance["scoped_identifier"]
        if prompt["type"] == "photo":
            data, media = photo(name, prompt["description"], at), "image/jpeg"
        else:
            log = {"test": name, "captured_at": at.isoformat(), "session": self.session_id}
            data, media = json.dumps(log, sort_keys=True).encode(), "application/json"
        digest = hashlib.sha256(data).hexdigest()
        told = {
            "evidence_id": str(derived_id("demo.evidence", instance["instance_id"], str(number))),
            "evidence_type": prompt["type"],
            "captured_at": at.isoformat(),
            "file_hash_sha256": digest,
            "file_size_bytes": len(data),
            "mime_type": media,
            "description": prompt["description"],
            "prompt": number,
        }
        return instance["instance_id"], told, data


def chance(name: str) -> float:
    """A number between -1 and 1 that follows from the name: the same walk is the same readings."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**31 - 1


def photo(name: str, shows: str, at: datetime) -> bytes:
    """A made-up photo that says what a real one would show."""
    picture = Image.new("RGB", (1280, 960), (38, 42, 48))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((240, 260, 1040, 700), fill=(196, 206, 190))
    for line, text in enumerate((name, shows, at.isoformat(timespec="seconds"))):
        draw.text((280, 300 + 80 * line), text, fill=(24, 28, 24), font_size=30)
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=70)
    return made.getvalue()


def _point(one: dict[str, Any], name: str) -> dict[str, Any]:
    speed = float(one["velocity_ms"]) + 0.03 * chance(f"{name}|{one['point']}")
    return {"point": one["point"], "velocity_ms": f"{speed:.2f}"}


def _as_expected(instance: dict[str, Any], name: str) -> list[dict[str, Any]]:
    steps = instance["sequence_snapshot"]["expected_sequence"]
    late = [0.4 * chance(f"{name}|{step['step_order']}") for step in steps]
    return [
        {
            "component_id": step["component_id"],
            "action": step["expected_action"],
            "t_s": f"{max(0.0, float(step['expected_delay_seconds']) + by):.1f}",
        }
        for step, by in zip(steps, late, strict=True)
    ]
