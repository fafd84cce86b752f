"""The chart renders for every file of values, and says what the product really is and does."""

import re
from typing import Any

import helm_python
import kubernetes_validate
import pytest
from fastapi.routing import APIRoute

from api.kernel import health
from tests.deploy.commands import exists, setting_names
from tests.deploy.conftest import CHART, LEAST, VALUES, containers, of_kind, pods, render

OLDEST, NEWEST = "1.27.0", "1.37.0"
SECRET_WORDS = re.compile(r"password|_url$|token|secret_access_key|client_secret$", re.IGNORECASE)


@pytest.mark.parametrize("name", sorted(VALUES))
def test_helm_finds_nothing_to_complain_of(name: str) -> None:
    told = helm_python.lint(CHART, VALUES[name], strict=True)
    assert [one for one in told["messages"] if one["severity"] > 1] == []
    assert not told["errors"]


def test_every_manifest_is_what_kubernetes_knows(manifests: list[dict[str, Any]]) -> None:
    for one in manifests:
        kubernetes_validate.validate(one, NEWEST, strict=True)


def test_the_oldest_kubernetes_that_the_chart_admits_knows_them_too(prod: list[dict[str, Any]]) -> None:
    for one in prod:
        kubernetes_validate.validate(one, OLDEST, strict=True)
    assert OLDEST in (CHART / "Chart.yaml").read_text()


def test_a_field_that_kubernetes_does_not_know_would_be_found(prod: list[dict[str, Any]]) -> None:
    (scaler,) = of_kind(prod, "HorizontalPodAutoscaler")
    scaler = scaler | {"spec": scaler["spec"] | {"maxReplica": 10}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(scaler, NEWEST, strict=True)


def test_names_are_not_used_twice(manifests: list[dict[str, Any]]) -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in manifests]
    assert len(names) == len(set(names))


def test_the_api_scales_from_two_to_ten_at_seventy_percent() -> None:
    for name in ("values-staging.yaml", "values-prod.yaml", "least"):
        (scaler,) = of_kind(render(VALUES[name]), "HorizontalPodAutoscaler")
        assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (2, 10)
        assert scaler["spec"]["metrics"] == [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
            }
        ]


def test_requests_and_limits_are_those_asked_for() -> None:
    (api,) = [template for name, template in pods(render(LEAST)) if name.endswith("-api")]
    assert api["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "100m", "memory": "256Mi"},
        "limits": {"cpu": "500m", "memory": "512Mi"},
    }


def test_probes_ask_addresses_that_the_api_has(prod: list[dict[str, Any]]) -> None:
    (api,) = [template for name, template in pods(prod) if name.endswith("-api")]
    (container,) = api["spec"]["containers"]
    paths = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    routes = {route.path: route for route in health.router.routes if isinstance(route, APIRoute)}
    for path in paths:
        address, _, query = path.partition("?")
        taken = {one.name for one in routes[address].dependant.query_params}
        assert not query or query.split("=")[0] in taken
    assert paths == {"/health/live", "/health/ready?without=dagster"}


def test_every_container_runs_a_command_that_the_image_has(manifests: list[dict[str, Any]]) -> None:
    for _, template in pods(manifests):
        for container in containers(template):
            assert exists(container["args"]), container["args"]


def test_every_setting_is_one_that_the_product_reads(manifests: list[dict[str, Any]]) -> None:
    settings = [one for one in of_kind(manifests, "ConfigMap") if one["metadata"]["name"].endswith("-settings")]
    assert settings
    for one in settings:
        assert set(one["data"]) <= setting_names()


def test_secrets_are_named_and_never_given(manifests: list[dict[str, Any]]) -> None:
    assert of_kind(manifests, "Secret") == []
    for one in of_kind(manifests, "ConfigMap"):
        told = {name for name in one["data"] if SECRET_WORDS.search(name)}
        assert told <= {"COUNTERSIGN_PUBLIC_URL", "COUNTERSIGN_API_URL", "COUNTERSIGN_DAGSTER_URL"}


def test_the_key_that_signs_decisions_is_mounted_where_people_sign_and_where_it_is_registered(
    prod: list[dict[str, Any]],
) -> None:
    mounted = {
        name: {volume["secret"]["secretName"] for volume in template["spec"]["volumes"] if "secret" in volume}
        for name, template in pods(prod)
    }
    assert mounted == {
        "countersign-api": {"countersign-key", "countersign-messages-key"},
        "countersign-worker": set(),
        "countersign-release": {"countersign-key", "countersign-seal-key"},
    }


def test_each_process_is_handed_its_own_secret(prod: list[dict[str, Any]]) -> None:
    handed = {
        (name, given["secretRef"]["name"])
        for name, template in pods(prod)
        for container in containers(template)
        for given in container["envFrom"]
        if "secretRef" in given
    }
    assert handed == {
        ("countersign-api", "countersign-api"),
        ("countersign-worker", "countersign-worker"),
        ("countersign-release", "countersign-release"),
    }


def test_no_pod_is_root_or_can_write_its_image_or_holds_a_token_of_the_cluster(manifests: list[dict[str, Any]]) -> None:
    for _, template in pods(manifests):
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        for container in containers(template):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert {"requests", "limits"} <= set(container["resources"])


def test_a_network_policy_stands_before_each_pod(prod: list[dict[str, Any]]) -> None:
    policies = [one["spec"] for one in of_kind(prod, "NetworkPolicy")]
    for name, template in pods(prod):
        labels = template["metadata"]["labels"].items()
        matching = [one for one in policies if one["podSelector"]["matchLabels"].items() <= labels]
        assert len(matching) == 1, name
        assert matching[0]["policyTypes"] == ["Ingress", "Egress"]


def test_the_schema_changes_behind_its_gates_before_anything_new_runs(prod: list[dict[str, Any]]) -> None:
    (job,) = of_kind(prod, "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["backoffLimit"] == 0
    assert [container["args"] for container in containers(job["spec"]["template"])] == [
        ["countersign", "migrate", "--apply"],
        ["countersign", "prepare"],
        ["countersign", "release", "check"],
    ]


def test_the_very_first_schema_is_built_by_an_approval_that_was_handed_over() -> None:
    (job,) = of_kind(render(VALUES["first install"]), "Job")
    first, last = containers(job["spec"]["template"])
    assert first["args"][:3] == ["countersign", "migrate", "--apply"]
    assert {"--approval", "--public-key"} < set(first["args"])
    assert last["args"] == ["countersign", "prepare"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"publicUrl": ""},
        {"objectStore": {"bucket": "", "region": "eu"}},
        {"enviroment": "prod"},
        {"environment": "staging"},
        {"settings": {"DATABASE_URL": "postgresql://"}},
        {"secrets": {"api": {"COUNTERSIGN_APP_DATABASE_URL": "postgresql://"}}},
    ],
)
def test_values_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(helm_python.HelmError):
        render(LEAST | wrong)
