"""Products, purchases and refunds: who may read what was sold, and what ends it."""

import pytest

from tests.courses.delivery.school import FIRST, School, count, events, package_of

AT = f"/api/learn/courses/{FIRST}"
ENROLL = ("/api/learn/enroll", {"courseId": FIRST})


def code(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]  # type: ignore[attr-defined]


def test_a_sold_course_is_bought_before_it_is_begun(school: School) -> None:
    product = school.offer()
    assert code(school.post("lena", *ENROLL)) == (403, "PURCHASE_REQUIRED")
    assert code(school.get("lena", AT)) == (403, "PURCHASE_REQUIRED")
    bought = school.buy("lena", product)
    assert bought.status_code == 201
    assert (bought.json()["priceCents"], bought.json()["currency"], bought.json()["status"]) == (
        4900,
        "EUR",
        "RECORDED",
    )
    assert school.get("lena", AT).status_code == 200
    assert code(school.get("lena", f"/api/learn/progress/{FIRST}")) == (403, "NOT_ENROLLED")
    assert school.post("lena", *ENROLL).status_code == 201
    assert code(school.get("liam", AT)) == (403, "PURCHASE_REQUIRED")


def test_a_second_purchase_answers_the_first(school: School) -> None:
    product = school.offer()
    first, second = school.buy("lena", product), school.buy("lena", product)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert [one["payload"]["courseId"] for one in events(school.tenant, "PURCHASE_CREATED")] == [FIRST]


def test_the_store_lists_what_is_on_sale(school: School) -> None:
    school.offer(cents=124900)
    off = school.offer(currency="JPY", cents=500)
    assert school.ask("ada", "PATCH", f"/api/admin/products/{off}", {"active": False}).status_code == 200
    rows = school.get("lena", "/api/store/products").json()
    assert [(row["courseId"], row["price"], row["purchased"]) for row in rows] == [(FIRST, "EUR\u00a01,249.00", False)]
    school.retire(FIRST, 1)
    assert school.get("lena", "/api/store/products").json() == []


def test_a_product_off_sale_does_not_make_the_course_free(school: School) -> None:
    product = school.offer()
    school.buy("lena", product)
    school.ask("ada", "PATCH", f"/api/admin/products/{product}", {"active": False})
    assert code(school.buy("liam", product)) == (409, "PRODUCT_INACTIVE")
    assert code(school.post("liam", *ENROLL)) == (403, "PURCHASE_REQUIRED")
    assert school.buy("lena", product).status_code == 200
    assert school.post("lena", *ENROLL).status_code == 201
    assert school.get("lena", AT).status_code == 200


def test_whoever_was_enrolled_before_it_was_sold_reads_on(school: School) -> None:
    school.enroll("lena")
    school.offer()
    assert school.get("lena", AT).status_code == 200


def test_a_refund_ends_the_access_and_a_new_purchase_gives_it_back(school: School) -> None:
    product = school.offer()
    purchase = school.buy("lena", product).json()["purchaseId"]
    enrollment = school.enroll("lena")
    school.post("lena", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": 1})
    refunded = school.refund(purchase)
    assert (refunded.status_code, refunded.json()["amountCents"], refunded.json()["accessEnded"]) == (201, 4900, True)
    assert code(school.get("lena", AT)) == (403, "ACCESS_REVOKED")
    assert code(school.post("lena", *ENROLL)) == (403, "ACCESS_REVOKED")
    assert code(school.post("lena", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": 0})) == (
        403,
        "ACCESS_REVOKED",
    )
    assert code(school.post("lena", f"/api/learn/enrollments/{enrollment}/upgrade")) == (403, "ACCESS_REVOKED")
    assert code(school.get("lena", f"{AT}/export/pdf")) == (403, "ACCESS_REVOKED")
    assert code(school.refund(purchase)) == (409, "ALREADY_REFUNDED")
    again = school.buy("lena", product)
    assert again.status_code == 201
    assert again.json()["purchaseId"] != purchase
    told = school.get("lena", f"/api/learn/progress/{FIRST}").json()
    assert (told["enrollmentId"], told["percent"]) == (enrollment, 33)
    kinds = [one["event_type"] for one in events(school.tenant, "PURCHASE_REFUNDED", "ENROLLMENT_REVOKED")]
    assert kinds == ["PURCHASE_REFUNDED", "ENROLLMENT_REVOKED"]
    assert events(school.tenant, "PURCHASE_CREATED")[-1]["payload"]["reinstated"] is True


def test_a_refund_of_one_of_two_purchases_leaves_the_access(school: School) -> None:
    euros, yen = school.offer(), school.offer(currency="JPY", cents=500)
    first = school.buy("lena", euros).json()["purchaseId"]
    school.buy("lena", yen)
    school.enroll("lena")
    assert school.refund(first).json()["accessEnded"] is False
    assert school.get("lena", AT).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"amountCents": 0}, 422),
        ({"amountCents": 4901}, 422),
        ({"amountCents": True}, 422),
        ({"amountCents": 1.5}, 422),
        ({"reason": " "}, 422),
        ({"userId": "x"}, 422),
        ({"amountCents": 1}, 201),
        ({"amountCents": 4900}, 201),
    ],
)
def test_a_refund_lies_between_one_and_the_price(school: School, body: dict[str, object], status: int) -> None:
    purchase = school.buy("lena", school.offer()).json()["purchaseId"]
    assert school.refund(purchase, **body).status_code == status
    assert count(school.tenant, "SELECT count(*) FROM refunds") == (1 if status == 201 else 0)


def test_what_was_free_is_not_refunded(school: School) -> None:
    purchase = school.buy("lena", school.offer(cents=0)).json()["purchaseId"]
    assert code(school.refund(purchase)) == (409, "NOTHING_TO_REFUND")


def test_only_administrators_sell_and_refund(school: School) -> None:
    product = school.offer()
    purchase = school.buy("lena", product).json()["purchaseId"]
    offer = {"courseId": FIRST, "priceCents": 1, "currency": "EUR"}
    for who in ("lena", "audrey", "tim"):
        assert school.post(who, "/api/admin/products", offer).status_code == 403
        assert school.ask(who, "PATCH", f"/api/admin/products/{product}", {"active": False}).status_code == 403
        assert school.post(who, f"/api/admin/purchases/{purchase}/refund", {"reason": "x"}).status_code == 403
    assert school.get("lena", "/api/admin/purchases").status_code == 403
    assert school.get("audrey", "/api/admin/purchases").status_code == 200
    assert school.post("owen", f"/api/admin/purchases/{purchase}/refund", {"reason": "Asked"}).status_code == 201


def test_a_product_of_another_tenant_is_not_sold_here(school: School, other: School) -> None:
    product = school.offer()
    purchase = school.buy("lena", product).json()["purchaseId"]
    assert code(other.buy("lena", product)) == (403, "TENANT_MISMATCH")
    assert code(other.buy("lena", "00000000-0000-7000-8000-000000000000")) == (404, "PRODUCT_NOT_FOUND")
    assert code(other.refund(purchase)) == (404, "PURCHASE_NOT_FOUND")
    assert other.ask("ada", "PATCH", f"/api/admin/products/{product}", {"active": False}).status_code == 404
    assert other.get("lena", "/api/store/products").json() == []
    assert other.get("ada", "/api/admin/purchases").json()["rows"] == []
    assert count(other.tenant, "SELECT count(*) FROM purchases") == 0


def test_course_and_currency_of_a_product_stay(school: School) -> None:
    product = school.offer()
    path = f"/api/admin/products/{product}"
    for body in ({"currency": "USD"}, {"courseId": "x"}, {}, {"priceCents": -1}, {"priceCents": 1.5}, {"active": 1}):
        assert school.ask("ada", "PATCH", path, body).status_code == 422, body
    changed = school.ask("ada", "PATCH", path, {"priceCents": 3900}).json()
    assert (changed["priceCents"], changed["currency"], changed["active"]) == (3900, "EUR", True)
    told = events(school.tenant, "PRODUCT_CREATED", "PRODUCT_UPDATED")
    assert [one["payload"]["after"]["priceCents"] for one in told] == [4900, 3900]
    assert told[1]["payload"]["before"] == {"priceCents": 4900, "currency": "EUR", "active": True}


def test_what_was_bought_keeps_its_price(school: School) -> None:
    product = school.offer()
    school.buy("lena", product)
    school.ask("ada", "PATCH", f"/api/admin/products/{product}", {"priceCents": 100})
    assert school.buy("lena", product).json()["priceCents"] == 4900
    seen = school.post("liam", "/api/store/purchase", {"productId": product, "priceCents": 4900})
    assert code(seen) == (409, "PRICE_CHANGED")


def test_sums_are_told_for_each_currency_apart(school: School) -> None:
    euros, yen = school.offer(), school.offer(currency="JPY", cents=500)
    first = school.buy("lena", euros).json()["purchaseId"]
    school.buy("liam", euros)
    school.buy("lena", yen)
    school.refund(first, amountCents=900)
    told = school.get("owen", "/api/admin/purchases").json()
    assert told["totals"] == [
        {"currency": "EUR", "purchases": 2, "soldCents": 9800, "refunds": 1, "refundedCents": 900},
        {"currency": "JPY", "purchases": 1, "soldCents": 500, "refunds": 0, "refundedCents": 0},
    ]
    assert {row["buyer"] for row in told["rows"]} == {
        f"lena.{school.tenant.lower()}",
        f"liam.{school.tenant.lower()}",
    }
    page = school.get("owen", "/api/admin/purchases?limit=2").json()
    rest = school.get("owen", f"/api/admin/purchases?limit=2&cursor={page['nextCursor']}").json()
    ids = [row["purchaseId"] for row in page["rows"] + rest["rows"]]
    assert ids == [row["purchaseId"] for row in told["rows"]]
    assert rest["nextCursor"] is None


def test_a_course_that_is_not_published_is_not_put_on_sale(school: School) -> None:
    body = {"courseId": "course-none", "priceCents": 1, "currency": "EUR"}
    assert code(school.post("ada", "/api/admin/products", body)) == (404, "COURSE_NOT_FOUND")
    for wrong in ({"currency": "eur"}, {"currency": "EURO"}, {"priceCents": -1}, {"priceCents": "1"}):
        answer = school.post(
            "ada", "/api/admin/products", {"courseId": FIRST, "priceCents": 1, "currency": "EUR"} | wrong
        )
        assert answer.status_code == 422, wrong


def test_a_course_that_was_retired_is_not_sold(school: School) -> None:
    product = school.offer()
    school.retire(FIRST, 1)
    assert code(school.buy("lena", product)) == (409, "COURSE_NOT_OFFERED")
    school.publish(package_of(FIRST, {"m01": ["m01l01"]}, projects=()))
    assert school.buy("lena", product).status_code == 201
