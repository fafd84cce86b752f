"""Exports as a learner's client sees them: three within ten minutes over all kinds; what is refused does not count."""

import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.courses.delivery.observe.exporting import refuse_too_large
from domain.kernel.db import transaction
from domain.kernel.errors import TooLarge
from domain.kernel.settings import DbRole
from tests.courses.delivery.school import FIRST, School, count, events
from tests.stairs.at_once import at_once

AT = f"/api/learn/courses/{FIRST}/export"
TAKEN = "SELECT count(*) FROM course_exports"


def test_a_course_is_taken_along_in_every_kind(school: School) -> None:
    school.enroll("lena")
    pdf = school.get("lena", f"{AT}/pdf")
    assert (pdf.status_code, pdf.headers["content-type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert pdf.headers["X-Exports-Left"] == "2"
    assert pdf.headers["content-disposition"] == f'attachment; filename="{FIRST}-v1.pdf"'
    for kind, inside in (("scorm12", "imsmanifest.xml"), ("web", "index.html")):
        made = school.get("lena", f"{AT}/lms?format={kind}")
        assert (made.status_code, made.headers["content-type"]) == (200, "application/zip")
        assert inside in zipfile.ZipFile(io.BytesIO(made.content)).namelist()
    told = events(school.tenant, "EXPORT_PDF", "EXPORT_LMS")
    assert [(one["event_type"], one["payload"]["format"]) for one in told] == [
        ("EXPORT_PDF", "pdf"),
        ("EXPORT_LMS", "scorm12"),
        ("EXPORT_LMS", "web"),
    ]


def test_the_same_version_is_the_same_bytes_for_everybody(school: School) -> None:
    school.enroll("lena")
    school.enroll("liam")
    one, another = (school.get(who, f"{AT}/lms?format=scorm2004") for who in ("lena", "liam"))
    assert one.status_code == 200
    assert one.content == another.content


def test_the_fourth_is_refused_until_the_first_is_ten_minutes_old(school: School) -> None:
    school.enroll("lena")
    for kind in ("pdf", "lms", "lms?format=web"):
        assert school.get("lena", f"{AT}/{kind}").status_code == 200
    fourth = school.get("lena", f"{AT}/pdf")
    assert (fourth.status_code, fourth.json()["error"]["code"]) == (429, "EXPORT_LIMIT")
    assert 1 <= int(fourth.headers["Retry-After"]) <= 600
    assert count(school.tenant, TAKEN) == 3
    refused = events(school.tenant, "EXPORT_REFUSED")
    assert [(one["status"], one["payload"]["code"]) for one in refused] == [("refused", "EXPORT_LIMIT")]
    school.enroll("liam")
    assert school.get("liam", f"{AT}/lms").status_code == 200
    grow_older(school, timedelta(minutes=10))
    assert school.get("lena", f"{AT}/lms").status_code == 200


def grow_older(school: School, by: timedelta) -> None:
    """As the owner, past the trigger: time cannot be waited for."""
    with transaction(school.tenant, DbRole.OWNER) as connection:
        connection.execute(text("ALTER TABLE course_exports DISABLE TRIGGER refuse_change"))
        connection.execute(
            text("UPDATE course_exports SET at = at - CAST(:by AS interval) WHERE tenant_id = :tenant"),
            {"by": by, "tenant": school.tenant},
        )
        connection.execute(text("ALTER TABLE course_exports ENABLE ALWAYS TRIGGER refuse_change"))


def test_twelve_at_once_give_exactly_three(school: School) -> None:
    school.enroll("lena")
    answers = at_once(*[lambda: school.get("lena", f"{AT}/lms?format=web")] * 12)
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 9
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status_code == 429)
    assert count(school.tenant, TAKEN) == 3


def test_what_is_refused_does_not_count(school: School, other: School) -> None:
    for _ in range(4):
        assert school.get("lena", f"{AT}/pdf").status_code == 403
        assert school.get("lena", "/api/learn/courses/none/export/pdf").status_code == 404
        assert other.get("lena", f"{AT}/lms").status_code == 404
        assert school.get("tim", f"{AT}/pdf").status_code == 403
    school.enroll("lena")
    for _ in range(4):
        assert school.get("lena", f"{AT}/lms?format=cmi5").status_code == 422
    assert count(school.tenant, TAKEN) == 0
    for _ in range(3):
        assert school.get("lena", f"{AT}/lms?format=web").status_code == 200
    for _ in range(3):
        assert school.get("lena", f"{AT}/pdf").status_code == 429
    assert count(school.tenant, TAKEN) == 3


def test_a_course_that_was_bought_and_not_begun_is_taken_along_too(school: School) -> None:
    product = school.offer()
    assert school.get("lena", f"{AT}/pdf").json()["error"]["code"] == "PURCHASE_REQUIRED"
    school.buy("lena", product)
    assert school.get("lena", f"{AT}/lms?format=web").status_code == 200


@pytest.mark.parametrize(("size", "fits"), [(4_999_999, True), (5_000_000, False)])
def test_the_size_is_counted_in_bytes(size: int, fits: bool) -> None:
    if fits:
        refuse_too_large(size)
    else:
        with pytest.raises(TooLarge):
            refuse_too_large(size)


def test_a_course_that_is_too_large_is_413_before_the_format_is_looked_at(school: School) -> None:
    """No such row can be published: the check of the table is taken away for it."""
    school.enroll("lena")
    with transaction(school.tenant, DbRole.OWNER) as connection:
        for name in connection.execute(
            text(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'course_packages'::regclass AND contype = 'c'"
                " AND pg_get_constraintdef(oid) ~ 'size_bytes'"
            )
        ).scalars():
            connection.execute(text(f'ALTER TABLE course_packages DROP CONSTRAINT "{name}"'))
        connection.execute(text("ALTER TABLE course_packages DISABLE TRIGGER refuse_change"))
        connection.execute(
            text("UPDATE course_packages SET size_bytes = 5000000 WHERE tenant_id = :tenant"), {"tenant": school.tenant}
        )
        connection.execute(text("ALTER TABLE course_packages ENABLE ALWAYS TRIGGER refuse_change"))
    for path in ("pdf", "lms", "lms?format=nonsense"):
        refused = school.get("lena", f"{AT}/{path}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "PACKAGE_TOO_LARGE")
    assert count(school.tenant, TAKEN) == 0
    assert school.get("liam", f"{AT}/lms?format=nonsense").status_code == 403


def test_exports_are_counted_by_format_and_result(school: School) -> None:
    school.enroll("lena")

    def counted() -> dict[tuple[str, str], float]:
        lines = school.client.get("/metrics").text.splitlines()
        return {
            (line.split('format="')[1].split('"')[0], line.split('result="')[1].split('"')[0]): float(line.split()[-1])
            for line in lines
            if line.startswith("course_exports_total{")
        }

    before = counted()
    school.get("lena", f"{AT}/lms?format=web")
    school.get("liam", f"{AT}/lms?format=web")
    after = counted()
    assert after[("web", "ok")] - before.get(("web", "ok"), 0) == 1
    assert after[("web", "forbidden")] - before.get(("web", "forbidden"), 0) == 1
