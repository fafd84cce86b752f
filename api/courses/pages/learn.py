"""A learner's pages: the catalogue, a course with its lessons, and what is done from there."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.courses import learn_exports
from api.courses.learn_metrics import enrollments_total, purchases_total
from api.courses.learn_session import LEARNS, LearnerDep
from api.courses.pages.course_view import landing_view, reading_view
from api.forms import FormDep, typed
from api.pages import Page, PageDep
from domain.courses.delivery.observe import buying, catalogue, enrolling, upgrading
from domain.courses.delivery.observe.learner import Learner
from domain.courses.delivery.observe.reading import opened
from domain.courses.delivery.rules.price import price_words
from domain.kernel.db import narrowed
from domain.kernel.errors import Forbidden, NotFound
from domain.kernel.settings import DELIVERY_ROLE

router = APIRouter(include_in_schema=False, dependencies=[LEARNS])
Done = Annotated[str, Query(max_length=20)]
NOTICES = {
    "enrolled": "You are enrolled. What you complete is kept.",
    "bought": "Bought. The purchase is recorded.",
    "moved": "You have moved to the newer version. What you completed and is still there stays completed.",
}


@router.get("/learn")
def courses(page: PageDep, learner: LearnerDep) -> Response:
    """What is offered, with price or progress; begun courses come first."""
    with narrowed(page.connection, DELIVERY_ROLE):
        entries = catalogue.catalogue(page.connection, learner)
    rows = [_row(entry) for entry in entries]
    begun = [row for row in rows if row["percent"] is not None]
    return page.show("courses/learn.html", begun=begun, others=[row for row in rows if row["percent"] is None])


def _row(entry: catalogue.Entry) -> dict[str, Any]:
    prices = [price_words(one.price_cents, one.currency) for one in entry.prices]
    said = " or ".join(prices) if prices else ("not on sale now" if entry.is_sold else "free")
    return {
        "version": entry.version,
        "percent": entry.percent,
        "is_completed": entry.enrollment is not None and entry.enrollment.completed_at is not None,
        "has_newer": _has_newer(entry),
        "price": "bought" if entry.is_purchased else said,
    }


def _has_newer(entry: catalogue.Entry) -> bool:
    return entry.enrollment is not None and entry.newest is not None and entry.newest.version > entry.version.version


@router.get("/learn/{course_id}")
def course(page: PageDep, learner: LearnerDep, course_id: str, done: Done = "") -> Response:
    """A course: where the learner is in it, or how to begin."""
    return _course(page, learner, course_id, NOTICES.get(done))


def _course(page: Page, learner: Learner, course_id: str, notice: str | None = None) -> Response:
    with narrowed(page.connection, DELIVERY_ROLE):
        try:
            found = opened(page.connection, learner, course_id)
        except Forbidden as refusal:
            view = landing_view(page.connection, learner, course_id, refusal)
        else:
            if found.enrollment is None:
                view = landing_view(page.connection, learner, course_id, None)
            else:
                view = reading_view(page.connection, learner, found.version, found.enrollment)
    template = "courses/reading.html" if view["enrollment"] else "courses/course_landing.html"
    return page.show(template, notice=notice, **view)


@router.post("/learn/{course_id}/enroll")
def enroll(page: PageDep, learner: LearnerDep, _: FormDep, course_id: str) -> Response:
    """Enrol, and show the course."""
    with narrowed(page.connection, DELIVERY_ROLE):
        _enrollment, is_new = enrolling.enroll(page.connection, learner, course_id)
    if is_new:
        enrollments_total.inc()
    return RedirectResponse(f"/learn/{course_id}?done=enrolled", 303)


@router.post("/learn/{course_id}/buy")
def buy(page: PageDep, learner: LearnerDep, form: FormDep, course_id: str) -> Response:
    """Buy a product of the course at the price that the page showed, and enrol."""
    product_id, seen = _id(typed(form, "product")), typed(form, "price_cents", 12)
    with narrowed(page.connection, DELIVERY_ROLE):
        if buying.product_of(page.connection, product_id).course_id != course_id:
            raise NotFound("This course has no such product.", hint="Go back to the course and choose one.")
        purchase, is_new = buying.buy(
            page.connection, learner, product_id, seen_price_cents=int(seen) if seen.isdecimal() else None
        )
        _enrollment, is_begun = enrolling.enroll(page.connection, learner, purchase.course_id)
    if is_new:
        purchases_total.inc()
    if is_begun:
        enrollments_total.inc()
    return RedirectResponse(f"/learn/{purchase.course_id}?done=bought", 303)


@router.post("/learn/{course_id}/upgrade")
def upgrade(page: PageDep, learner: LearnerDep, form: FormDep, course_id: str) -> Response:
    """Move to the version that the page named."""
    wanted = typed(form, "version", 9)
    with narrowed(page.connection, DELIVERY_ROLE):
        found = opened(page.connection, learner, course_id)
        if found.enrollment is None or not wanted.isdecimal():
            raise NotFound("There is no enrolment to move.", hint="Enrol first.")
        upgrading.upgrade(page.connection, learner, found.enrollment.enrollment_id, int(wanted))
    return RedirectResponse(f"/learn/{course_id}?done=moved", 303)


@router.post("/learn/{course_id}/export")
async def export(request: Request, learner: LearnerDep, form: FormDep, course_id: str) -> Response:
    """The course as a file; the same limit as over HTTP, since it is the same act."""
    return await learn_exports.export(request, learner, course_id, typed(form, "format", 20))


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as cause:
        raise NotFound("There is no such product.", hint="Go back to the course and choose one.") from cause
