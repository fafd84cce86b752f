"""Each process, wherever it is deployed, is told all that it needs, in words that it understands, and nothing else.

What the secrets of a cluster hold is what docs/deploy.md has people put into them.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
import yaml

from cli.services.environment import API_ROLES, DAGSTER_ROLES, WORKER_ROLES
from domain.kernel.errors import NotConfigured
from domain.kernel.settings import DbRole, Env, Settings
from scripts.site import ROOT
from tests.deploy.commands import setting_names
from tests.deploy.conftest import VALUES, containers, of_kind, pods, render
from tests.deploy.test_image_and_compose import DAGSTER, DOCKERFILE, OTHERS, ours

DOCS = (ROOT / "docs/deploy.md").read_text()
# Which roles each process works as, and which of its keys it opens.
CODE, API, WORKER, RELEASE = "dagster-code", "api", "worker", "release"
ROLES = {
    API: set(API_ROLES),
    WORKER: set(WORKER_ROLES),
    CODE: set(DAGSTER_ROLES),
    "dagster-webserver": {DbRole.DAGSTER},
    "dagster-daemon": {DbRole.DAGSTER},
    RELEASE: {DbRole.OWNER},
}
KEYS = {
    API: {"countersign_key_file", "messages_key_file"},
    CODE: {"seal_key_file", "messages_key_file"},
    RELEASE: {"countersign_key_file", "seal_key_file"},
}


@dataclass(frozen=True)
class Told:
    """One process: what its environment says, where it may write, which files of secrets lie where."""

    where: str
    name: str
    environment: dict[str, str]
    writable: frozenset[str]
    files: frozenset[str]

    def settings(self) -> Settings:
        with patch.dict(os.environ, self.environment, clear=True):
            return Settings()


@cache
def secrets() -> dict[str, dict[str, str]]:
    """Names and values of each secret of names, as the page has them made."""
    held = dict(re.findall(r"^\| `(\.env\.\w+)` \| (.*) \|$", DOCS, re.MULTILINE))
    made = re.findall(r"create secret generic (\S+) --from-env-file=(\S+)", DOCS)
    names = {secret: re.findall(r"`([A-Za-z_-]+)(?:=[^`]*)?`", held[file]) for secret, file in made}
    return {secret: {name: value_of(name) for name in told} for secret, told in names.items()}


def value_of(name: str) -> str:
    if not name.endswith("_DATABASE_URL"):
        return "a-secret"
    driver = "+psycopg2" if "DAGSTER" in name else ""
    return f"postgresql{driver}://{name.lower()}:x@database.example/countersign"


@cache
def files_of_secrets() -> dict[str, set[str]]:
    found = re.findall(r"create secret generic (\S+) --from-file=(\S+)", DOCS)
    return {secret: {file} for secret, file in found}


def environment_of(container: dict[str, Any], maps: dict[str, dict[str, str]]) -> dict[str, str]:
    """What a container's environment is, in the order in which Kubernetes lays one over the other."""
    told: dict[str, str] = {}
    for given in container.get("envFrom", []):
        told |= (
            maps[given["configMapRef"]["name"]] if "configMapRef" in given else secrets()[given["secretRef"]["name"]]
        )
    return told | {one["name"]: str(one.get("value", "a-pod")) for one in container.get("env", [])}


def places(spec: dict[str, Any], mounts: list[dict[str, Any]]) -> tuple[frozenset[str], frozenset[str]]:
    """Folders that may be written, and the files that secrets put into others."""
    volumes = {one["name"]: one for one in spec["volumes"]}
    writable = {one["mountPath"] for one in mounts if "emptyDir" in volumes[one["name"]]}
    files = {
        f"{one['mountPath']}/{file}"
        for one in mounts
        for file in files_of_secrets().get(volumes[one["name"]].get("secret", {}).get("secretName", ""), set())
    }
    return frozenset(writable), frozenset(files)


def in_the_chart(values: str) -> Iterator[Told]:
    manifests = render(VALUES[values])
    maps = {one["metadata"]["name"]: one["data"] for one in of_kind(manifests, "ConfigMap")}
    for name, template in pods(manifests):
        for container in containers(template):
            writable, files = places(template["spec"], container["volumeMounts"])
            component = name.removeprefix("countersign-")
            yield Told(values, component, environment_of(container, maps), writable, files)


def beside_the_chart(values: str) -> Iterator[Told]:
    """Dagster's three, by the values for its official chart."""
    maps = {one["metadata"]["name"]: one["data"] for one in of_kind(render(VALUES[values]), "ConfigMap")}
    chart = yaml.safe_load(DAGSTER.read_text())
    (code,) = chart["dagster-user-deployments"]["deployments"]
    parts = {"dagster-webserver": chart["dagsterWebserver"], "dagster-daemon": chart["dagsterDaemon"], CODE: code}
    for name, part in parts.items():
        given = [{"configMapRef": one} for one in part["envConfigMaps"]]
        given += [{"secretRef": one} for one in part["envSecrets"]]
        writable, files = places(part, part["volumeMounts"])
        yield Told(values, name, environment_of({"env": part["env"], "envFrom": given}, maps), writable, files)


def in_compose() -> Iterator[Told]:
    for name, one in ours().items():
        assert one["read_only"]
        mounted = {mount.split(":")[1] for mount in one["volumes"] if not mount.endswith(":ro")}
        filled = {key: re.sub(r"\$\{POSTGRES_PASSWORD[^}]*\}", "x", str(to)) for key, to in one["environment"].items()}
        known = RELEASE if name in {"migrate", "prepare"} else name
        yield Told("compose", known, filled, frozenset(mounted | set(one["tmpfs"])), frozenset())


@cache
def everywhere() -> tuple[Told, ...]:
    charted = [one for values in sorted(VALUES) for of in (in_the_chart, beside_the_chart) for one in of(values)]
    return (*charted, *in_compose())


def clustered() -> list[Told]:
    return [one for one in everywhere() if one.where != "compose"]


def test_every_name_is_read_and_every_value_understood() -> None:
    assert {one.name for one in everywhere()} == set(ROLES)
    for one in everywhere():
        assert set(one.environment) - OTHERS - {"postgresql-password"} <= setting_names(), one
        made = one.settings()
        assert made.env is Env(one.environment["COUNTERSIGN_ENV"])
        assert set(made.forwarded_allow_ips) == {
            *filter(None, [one.environment.get("COUNTERSIGN_FORWARDED_ALLOW_IPS")])
        }


def test_a_value_that_is_not_understood_would_be_found() -> None:
    wrong = Told("x", API, {"COUNTERSIGN_DRAIN_S": "ten"}, frozenset(), frozenset())
    with pytest.raises(ValueError, match="drain_s"):
        wrong.settings()


def test_each_process_has_the_database_roles_that_it_works_as() -> None:
    for one in everywhere():
        made = one.settings()
        addresses = {role: made.url(role) for role in ROLES[one.name]}
        assert len(set(addresses.values())) == len(addresses), one
        if DbRole.DAGSTER in addresses:
            assert addresses[DbRole.DAGSTER].startswith("postgresql+psycopg2://"), one


def test_a_process_that_was_handed_any_address_starts_no_server_of_its_own() -> None:
    for one in everywhere():
        assert not one.settings().is_embedded, one
    auditor = {"COUNTERSIGN_AUDITOR_DATABASE_URL": value_of("COUNTERSIGN_AUDITOR_DATABASE_URL")}
    assert not Told("x", "auditor", auditor, frozenset(), frozenset()).settings().is_embedded
    assert Told("x", "nobody", {}, frozenset(), frozenset()).settings().is_embedded


def test_in_a_cluster_no_process_has_the_role_of_another() -> None:
    for one in clustered():
        for role in set(DbRole) - ROLES[one.name]:
            with pytest.raises(NotConfigured):
                one.settings().url(role)


def test_home_and_caches_can_be_written_beneath_a_root_that_cannot() -> None:
    caches = set(re.findall(r"(?:MPLCONFIGDIR|COUNTERSIGN_HOME)=(\S+)", DOCKERFILE.read_text()))
    assert len(caches) == 2
    for one in everywhere():
        for wanted in {str(one.settings().home), *caches, "/tmp"}:  # noqa: S108  the container's own
            assert any(wanted == place or wanted.startswith(f"{place}/") for place in one.writable), (one, wanted)


def test_each_key_lies_where_its_process_opens_it_and_no_other_key_lies_there() -> None:
    for one in clustered():
        opened = {str(getattr(one.settings(), name)) for name in KEYS.get(one.name, set())}
        assert opened == {file for file in one.files if not file.startswith("/run/approval/")}, one


def test_addresses_of_each_other_are_those_of_services() -> None:
    for one in everywhere():
        if one.where == "compose":
            services = {*ours()}
        else:
            services = {found["metadata"]["name"] for found in of_kind(render(VALUES[one.where]), "Service")}
            services.add("dagster-webserver")
        made = one.settings()
        assert {urlsplit(str(url)).hostname for url in (made.api_url, made.dagster_url)} <= services, one


@pytest.mark.parametrize("values", ["values-staging.yaml", "values-prod.yaml"])
def test_what_pilot_and_prod_cannot_do_without_is_there(values: str) -> None:
    for one in clustered():
        if one.where == values:
            made = one.settings()
            assert made.is_public_https
            assert made.s3_bucket_name
            assert made.aws_region
            assert made.oidc_issuer
            assert made.oidc_client_id
            assert made.forwarded_allow_ips
            # A folder of a pod ends with it.
            assert str(made.checkpoint_sink).startswith("s3://")
