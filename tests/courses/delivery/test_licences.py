"""Another tenant delivers and sells a course once its owner has countersigned, and until that ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.courses.delivery.school import FIRST, School, count, events

AT = f"/api/learn/courses/{FIRST}"
LICENCES = "/api/admin/licences"


def approve(school: School, who: str, told: dict[str, Any]) -> Any:
    body = {"content_hash": told["contentHash"], "reason": "As the contract says."}
    return school.post(who, f"/v1/proposals/{told['proposalId']}/approve", body)


def license_to(school: School, other: School, **more: Any) -> None:
    proposed = school.post("ada", LICENCES, {"courseId": FIRST, "licenseeTenantId": other.tenant, **more})
    assert proposed.status_code == 201, proposed.text
    assert approve(school, "owen", proposed.json()).status_code in (200, 201)


def test_nothing_is_licensed_until_another_person_has_signed(school: School, other: School) -> None:
    proposed = school.post("ada", LICENCES, {"courseId": FIRST, "licenseeTenantId": other.tenant}).json()
    assert other.get("lena", "/api/learn/courses").json() == []
    refused = approve(school, "ada", proposed)
    assert (refused.status_code, refused.json()["code"]) == (403, "FOUR_EYES")
    assert approve(school, "audrey", proposed).status_code == 403
    assert approve(other, "owen", proposed).status_code == 404
    assert count(school.tenant, "SELECT count(*) FROM course_licences") == 0
    assert approve(school, "owen", proposed).status_code in (200, 201)
    assert [row["id"] for row in other.get("lena", "/api/learn/courses").json()] == [FIRST]
    assert len(events(school.tenant, "COURSE_LICENSED")) == 1


def test_the_licensee_sells_delivers_and_refunds_by_itself(school: School, other: School) -> None:
    license_to(school, other)
    product = other.offer()
    assert other.get("lena", AT).json()["error"]["code"] == "PURCHASE_REQUIRED"
    purchase = other.buy("lena", product).json()["purchaseId"]
    other.enroll("lena")
    assert other.get("lena", AT).status_code == 200
    assert other.get("lena", f"{AT}/export/lms?format=web").status_code == 200
    school.enroll("lena")
    assert school.get("ada", "/api/admin/purchases").json()["rows"] == []
    assert other.refund(purchase).status_code == 201
    assert other.get("lena", AT).status_code == 403
    assert school.get("lena", AT).status_code == 200


def test_a_licence_opens_published_courses_and_no_drafts(school: School, other: School) -> None:
    license_to(school, other)
    assert count(other.tenant, "SELECT count(*) FROM course_packages") == 1
    assert count(other.tenant, "SELECT count(*) FROM content_items") == 0
    assert count(other.tenant, "SELECT count(*) FROM countersignatures") == 0


def test_a_licence_that_is_ended_shuts_the_course(school: School, other: School) -> None:
    license_to(school, other)
    other.enroll("lena")
    given = school.get("ada", LICENCES).json()[0]
    held = other.get("ada", LICENCES).json()[0]
    assert (given["inForce"], held["licenceId"]) == (True, given["licenceId"])
    assert other.post("ada", f"{LICENCES}/{given['licenceId']}/end", {"reason": "Over"}).status_code == 404
    proposed = school.post("ada", f"{LICENCES}/{given['licenceId']}/end", {"reason": "Over"}).json()
    assert other.get("lena", AT).status_code == 200
    assert approve(school, "owen", proposed).status_code in (200, 201)
    assert other.get("lena", AT).json()["error"]["code"] == "LICENCE_ENDED"
    assert other.get("liam", AT).status_code == 404
    assert other.post("liam", "/api/learn/enroll", {"courseId": FIRST}).status_code == 404
    body = {"courseId": FIRST, "priceCents": 1, "currency": "EUR"}
    assert other.post("ada", "/api/admin/products", body).status_code == 404
    rows = school.get("ada", LICENCES).json()
    assert sorted((row["ends"], row["inForce"]) for row in rows) == [(False, False), (True, False)]
    again = school.post("ada", f"{LICENCES}/{given['licenceId']}/end", {"reason": "Over"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "LICENCE_NOT_IN_FORCE")
    license_to(school, other)
    assert other.get("lena", AT).status_code == 200


def test_of_two_proposals_the_second_is_refused_where_the_first_was_signed(school: School, other: School) -> None:
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    first = school.post("ada", LICENCES, {"courseId": FIRST, "licenseeTenantId": other.tenant}).json()
    second = school.post("owen", LICENCES, {"courseId": FIRST, "licenseeTenantId": other.tenant, "validTo": until})
    outdated = approve(school, "owen", first)
    assert (outdated.status_code, outdated.json()["code"]) == (409, "OUTDATED")
    assert approve(school, "ada", second.json()).status_code in (200, 201)


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"courseId": "none"}, 404, "COURSE_NOT_FOUND"),
        ({"licenseeTenantId": "NOBODY"}, 404, "TENANT_NOT_FOUND"),
        ({"validTo": "2020-01-01T00:00:00Z"}, 422, "ENDS_BEFORE_IT_BEGINS"),
        ({"validTo": "2030-01-01"}, 422, "INVALID"),
    ],
)
def test_what_makes_no_licence_is_refused(
    school: School, other: School, more: dict[str, str], status: int, code: str
) -> None:
    body = {"courseId": FIRST, "licenseeTenantId": other.tenant} | more
    answer = school.post("ada", LICENCES, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    own = school.post("ada", LICENCES, {"courseId": FIRST, "licenseeTenantId": school.tenant})
    assert (own.status_code, own.json()["error"]["code"]) == (422, "LICENSEE_IS_OWNER")


def test_a_licensee_does_not_license_on(school: School, other: School) -> None:
    license_to(school, other)
    answer = other.post("ada", LICENCES, {"courseId": FIRST, "licenseeTenantId": "PLATFORM"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "COURSE_NOT_FOUND")
