"""Every address of learning and the store answers as the document describes, whatever is sent to it."""

import itertools
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.courses.delivery.school import FIRST, SECOND, School, package_of

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OURS = ("/api/learn/", "/api/store/", "/api/admin/products", "/api/admin/purchases", "/api/admin/licences")


def real_ids(school: School) -> dict[str, str]:
    """Ids that are there, by the name of the parameter."""
    school.publish(package_of(SECOND))
    product = school.offer(SECOND)
    purchase = school.buy("ada", product).json()["purchaseId"]
    return {
        "course_id": FIRST,
        "index": "0",
        "enrollment_id": school.enroll("ada"),
        "product_id": product,
        "purchase_id": purchase,
        "licence_id": purchase,
    }


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "not allowed"])
def test_every_address_answers_as_described(school: School, mode: GenerationMode) -> None:
    document = schemathesis.openapi.from_asgi("/openapi.json", school.client.app)
    found = [one.ok() for one in document.get_all_operations()]
    ours = [one for one in found if one.path.startswith(OURS)]
    assert len(ours) >= 18
    ids = real_ids(school)
    for operation in ours:
        if mode is GenerationMode.POSITIVE or operation.body or operation.query:
            _check(school, ids, operation, mode)


def _check(school: School, ids: dict[str, str], operation: Any, mode: GenerationMode) -> None:
    turns = itertools.count()

    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if next(turns) % 4 != 3:  # mostly something that is there
            case.path_parameters = {name: ids.get(name, given) for name, given in (case.path_parameters or {}).items()}
        case.call_and_validate(headers=school.headers("ada"), checks=CHECKS)

    check()
