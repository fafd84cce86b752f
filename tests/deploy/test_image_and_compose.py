"""The image holds what a version consists of; the compose file and Dagster's values name what there is."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.services.dagster import INSTANCE
from domain.kernel.release.deployment import FILES, FOLDERS
from scripts import runtime_lock
from tests.deploy.commands import exists, setting_names
from tests.deploy.conftest import CHART, LEAST, ROOT, of_kind, render

DOCKERFILE = ROOT / "deploy/container/Dockerfile"
COMPOSE = ROOT / "deploy/compose/compose.yaml"
DAGSTER = ROOT / "deploy/helm/dagster/values.yaml"
# Read by Dagster and PostgreSQL, and the address that carries its driver's name.
OTHERS = {"DAGSTER_HOME"}


def program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())


def ours() -> dict[str, dict[str, Any]]:
    return {name: one for name, one in compose()["services"].items() if name != "database"}


def test_the_dockerfile_passes_its_lint() -> None:
    told = subprocess.run([program("hadolint"), DOCKERFILE], capture_output=True, text=True)
    assert told.returncode == 0, told.stdout


def test_the_compose_file_is_of_the_compose_specification() -> None:
    command = [program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", COMPOSE]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout


def test_the_image_holds_every_file_that_a_version_consists_of() -> None:
    copied = {
        source
        for line in DOCKERFILE.read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert {*FOLDERS, *FILES} <= copied
    let_in = {line[1:] for line in DOCKERFILE.with_suffix(".dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)


def test_what_is_installed_in_the_image_is_what_the_product_asks_for_and_no_tool_of_the_tests() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    inside = set(runtime_lock.blocks(runtime_lock.runtime(lock, runtime_lock.BUILD)))
    asked = re.findall(r"^([a-z0-9-]+)", (ROOT / "requirements.in").read_text(), re.MULTILINE)
    assert set(asked) <= inside
    assert not inside & {"pytest", "ruff", "mypy", "playwright", "helm-python-sdk", "openai"}
    assert "openai" in runtime_lock.runtime(lock, runtime_lock.MODELS)


def test_compose_runs_commands_that_the_image_has_with_settings_that_it_reads() -> None:
    for name, one in ours().items():
        if "command" in one:
            assert exists(one["command"]), name
        assert set(one["environment"]) - OTHERS <= setting_names(), name
    assert {"migrate", "prepare", "api", "worker", "dagster-code", "dagster-webserver", "dagster-daemon"} == set(ours())


def test_only_the_own_machine_reaches_what_compose_opens() -> None:
    ports = [port for one in compose()["services"].values() for port in one.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def without_places(instance: dict[str, Any]) -> dict[str, Any]:
    """The instance apart from its folders and the number of runs, which are the machine's own."""
    kept = {name: part for name, part in instance.items() if name not in {"local_artifact_storage", "compute_logs"}}
    kept["concurrency"]["runs"].pop("max_concurrent_runs")
    return kept


@pytest.mark.parametrize("where", ["compose", "chart"])
def test_dagster_is_the_same_instance_everywhere(where: str) -> None:
    if where == "compose":
        told = yaml.safe_load((ROOT / "deploy/compose/dagster.yaml").read_text())
    else:
        (found,) = [one for one in of_kind(render(LEAST), "ConfigMap") if "dagster" in one["metadata"]["name"]]
        told = yaml.safe_load(found["data"]["dagster.yaml"])
    assert without_places(told) == without_places(yaml.safe_load(INSTANCE.format(home="/h", runs=2)))


def test_the_values_for_dagsters_chart_name_what_our_chart_makes() -> None:
    values = yaml.safe_load(DAGSTER.read_text())
    ours = render(LEAST)
    maps = {one["metadata"]["name"] for one in of_kind(ours, "ConfigMap")}
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    secrets = set(defaults["secrets"].values())
    (code,) = values["dagster-user-deployments"]["deployments"]
    for part in (values["dagsterWebserver"], values["dagsterDaemon"], code):
        assert {one["name"] for one in part["envConfigMaps"]} <= maps
        assert {one["name"] for one in part["envSecrets"]} <= secrets
        for volume in part["volumes"]:
            assert volume.get("configMap", {"name": "countersign-settings"})["name"] in maps
            assert volume.get("secret", {"secretName": "countersign-key"})["secretName"] in secrets
        assert "countersign-key" not in str(part["volumes"])
    assert defaults["dagster"]["url"].endswith(f":{values['dagsterWebserver']['service']['port']}")


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == project
    assert f"countersign:{project}" in COMPOSE.read_text()
    values = yaml.safe_load(DAGSTER.read_text())
    assert values["dagsterWebserver"]["image"]["tag"] == project
    assert f"--version {version('dagster')} " in DAGSTER.read_text()
