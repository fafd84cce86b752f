"""The chart as Helm's own engine renders it, for every file of values that is shipped."""

from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/helm/countersign"
# The least that an installation has to say; the shipped files say it and more.
LEAST = {"publicUrl": "https://c.example", "objectStore": {"bucket": "reports", "region": "eu-central-1"}}
FIRST = LEAST | {"release": {"approvalSecret": "countersign-approval", "requireDeploymentGate": False}}
PLAIN = LEAST | {
    "api": {"autoscaling": {"enabled": False}},
    "networkPolicy": {"enabled": False},
    "oidc": {"issuer": ""},
    "image": {"digest": "sha256:" + "0" * 64},
    "settings": {"COUNTERSIGN_INGEST_MAX_MB": "500"},
}
VALUES: dict[str, dict[str, Any]] = {
    **{path.name: yaml.safe_load(path.read_text()) for path in sorted(CHART.glob("values-*.yaml"))},
    "least": LEAST,
    "first install": FIRST,
    "nothing but the pods": PLAIN,
}


def render(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Every manifest of the chart."""
    with helm_python.Chart.load(CHART) as chart:
        files = chart.render(values, name="countersign", namespace="countersign")
    texts = [text for name, text in sorted(files.items()) if name.endswith(".yaml")]
    return [one for text in texts for one in yaml.safe_load_all(text) if one]


@pytest.fixture(scope="module", params=sorted(VALUES))
def manifests(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return render(VALUES[request.param])


@pytest.fixture(scope="module")
def prod() -> list[dict[str, Any]]:
    return render(VALUES["values-prod.yaml"])


def of_kind(manifests: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in manifests if one["kind"] == kind]


def pods(manifests: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Name and pod template of whatever runs."""
    return [
        (one["metadata"]["name"], one["spec"]["template"]) for one in manifests if one["kind"] in {"Deployment", "Job"}
    ]


def containers(template: dict[str, Any]) -> list[dict[str, Any]]:
    spec = template["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]
