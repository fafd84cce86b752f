"""Regeneration as pages: jobs with their instruction, trigger and output beside the text in use; retries with a reason.

Nothing here can be edited: what is shown is what was asked for and what came of it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from api.courses import regenerating
from api.courses.regenerating import ACTING, ADMINS, ADOPTING, LOOKS, detail_told, intent_told, output_told
from api.courses.regeneration import ORDER
from api.deps import RequestId
from api.forms import FormDep, typed
from api.kernel.acting import acting_on
from api.kernel.pages.advice import After, Short, id_of
from api.pages import Page, PageDep
from api.paging import Page as Part
from domain.courses.regeneration.observe.requests import ask_for_job, intend_retry
from domain.courses.regeneration.rules.instruction import PATCHING
from domain.courses.regeneration.store import intents, jobs, outputs
from domain.courses.regeneration.store.intents import REASONS, Intent
from domain.courses.regeneration.store.jobs import STATUSES
from domain.kernel import ledger, queue
from domain.kernel.canonical import canonical_json
from domain.kernel.errors import CountersignError, Invalid, NotFound

router = APIRouter(include_in_schema=False)
HERE = "/admin/regeneration-jobs"
PER_PAGE = 50
MOST_EVENTS = 50
BADGES = {
    "PENDING": ("watch", "waits for a trigger"),
    "TRIGGERED": ("watch", "triggered"),
    "RUNNING": ("watch", "running"),
    "COMPLETED": ("ok", "completed"),
    "FAILED": ("alarm", "failed"),
}
INTENT_BADGES = {
    "PENDING": ("watch", "waits for a decision"),
    "CONSUMED": ("ok", "executed"),
    "REJECTED": ("unknown", "rejected"),
}
REASON_WORDS = {
    "TRANSIENT_FAILURE": "a failure that passes",
    "BAD_INPUT": "something asked for was wrong",
    "IMPROVED_PROMPT": "a better instruction",
    "INFRA_ERROR": "a service was down",
    "OTHER": "something else",
}
NOTICES = {
    "asked": "Asked for. It waits for a person to trigger it.",
    "triggered": "Triggered. The worker carries it out; reload to see how far it is.",
    "adopted": "Adopted. The drafts wait for another person's approval.",
    "intended": "The reason stands. Execute it to make a new job.",
    "rejected": "Rejected. The failed job stays as it is.",
    "executed": "A new job was made. It waits for its own trigger.",
}


@router.get(HERE, dependencies=[LOOKS])
def listed(page: PageDep, status: Short = "", after: After = None) -> Response:
    """Jobs, the newest first. Nothing can be pressed here."""
    place = ORDER.after(Part(PER_PAGE, after))
    found = jobs.listed(
        page.connection,
        beyond=place.condition,
        order=place.order,
        values=place.values,
        limit=PER_PAGE + 1,
        status=status if status in STATUSES else None,
    )
    rows = found[:PER_PAGE]
    return page.show(
        "courses/regeneration_jobs.html",
        rows=rows,
        chosen=status,
        statuses=STATUSES,
        badges=BADGES,
        names=queue.names_of(page.connection, {str(one.created_by) for one in rows}),
        next_cursor=ORDER.write(vars(rows[-1])) if len(found) > PER_PAGE else None,
    )


@router.post("/admin/suggestions/{suggestion_id}/regeneration-jobs", dependencies=[ACTING])
def ask(page: PageDep, form: FormDep, suggestion_id: str) -> Response:
    """A job for an accepted suggestion; then its page."""
    job = ask_for_job(page.connection, page.principal, id_of(suggestion_id), typed(form, "note", 2001))
    return RedirectResponse(f"{HERE}/{job.job_id}?done=asked", 303)


@router.get(HERE + "/{job_id}", dependencies=[LOOKS])
def one(page: PageDep, job_id: str, call: RequestId, done: Short = "") -> Response:
    """One job, whole: what is asked, how it stands, what came of it, and the button that is the next."""
    job = jobs.load(page.connection, id_of(job_id))
    act, output = acting_on(page, call), outputs.of_job(page.connection, job.job_id)
    told = detail_told(act, job)
    wanted = intents.of_job(page.connection, job.job_id)
    people = {str(job.created_by)} | _deciders(wanted)
    return page.show(
        "courses/regeneration_job.html",
        job=told,
        output=output_told(act, output) if output else None,
        intents=wanted,
        reasons=REASON_WORDS,
        badges=BADGES,
        intent_badges=INTENT_BADGES,
        events=_events(page, job.job_id),
        names=queue.names_of(page.connection, people | ({str(output.adopted_by)} if output else set())),
        may_act=bool(page.principal.roles & ADMINS),
        may_adopt=bool(page.principal.roles & {"REVIEWER", "ADMIN"}),
        notice=NOTICES.get(done),
    )


@router.get(HERE + "/{job_id}/files/{name}", dependencies=[LOOKS])
def file(page: PageDep, job_id: str, name: str) -> Response:
    """Instruction, output or error as a file: for the first two the bytes of the hash that the page shows.

    Raises:
        NotFound: the job has no such file.
    """
    job = jobs.load(page.connection, id_of(job_id))
    output = outputs.of_job(page.connection, job.job_id)
    files: dict[str, bytes | None] = {
        "instruction.json": job.instruction_text.encode(),
        "output.json": output.content_text.encode() if output else None,
        "error.json": canonical_json(job.error) if job.error else None,
    }
    body = files.get(name)
    if body is None:
        raise NotFound("The job has no such file.", hint="Its page links to those that it has.")
    named = {"Content-Disposition": f'attachment; filename="{job.job_id}-{name}"'}
    return Response(body, media_type="application/json", headers=named)


@router.post(HERE + "/{job_id}/trigger", dependencies=[ACTING])
def triggered(page: PageDep, form: FormDep, call: RequestId, job_id: str) -> Response:
    """Trigger it, then back to the same page."""
    seen = typed(form, "content_hash", 64) or None
    regenerating.trigger(acting_on(page, call), id_of(job_id), typed(form, "reason", 2000), seen)
    return RedirectResponse(f"{HERE}/{job_id}?done=triggered", 303)


@router.post(HERE + "/{job_id}/adopt", dependencies=[ADOPTING])
def adopted(page: PageDep, form: FormDep, call: RequestId, job_id: str) -> Response:
    """Make drafts of the output, then back to the same page.

    Raises:
        NotFound: the job has brought nothing.
    """
    output = outputs.of_job(page.connection, id_of(job_id))
    if output is None:
        raise NotFound("The job has brought nothing; nothing was adopted.")
    seen = typed(form, "content_hash", 64) or None
    regenerating.adopt(acting_on(page, call), output.output_id, typed(form, "reason", 2000), seen)
    return RedirectResponse(f"{HERE}/{job_id}?done=adopted", 303)


@router.get(HERE + "/{job_id}/retry-intents", dependencies=[LOOKS])
def intents_of_job(page: PageDep, job_id: str) -> Response:
    """Why people wanted the job tried again, the newest first."""
    job = jobs.load(page.connection, id_of(job_id))
    wanted = intents.of_job(page.connection, job.job_id)
    return page.show(
        "courses/retry_intents.html",
        job=job,
        intents=wanted,
        badges=INTENT_BADGES,
        reasons=REASON_WORDS,
        names=queue.names_of(page.connection, _deciders(wanted)),
    )


@router.get("/admin/jobs/{job_id}/retry-intents", dependencies=[LOOKS])
def formerly(job_id: str) -> Response:
    """The address that an earlier text gives."""
    return RedirectResponse(f"{HERE}/{id_of(job_id)}/retry-intents", 308)


@router.post(HERE + "/{job_id}/retry-intents", dependencies=[ACTING])
def intend(page: PageDep, form: FormDep, job_id: str) -> Response:
    """Give a reason to try a failed job again, then back to its page.

    Raises:
        Invalid: no reason, or one that is none of the list.
    """
    code, said = typed(form, "reason_code", 40), typed(form, "reason", 2000)
    if code not in REASONS or len(said) < 3:
        raise Invalid("Nothing was kept: choose a reason and say why.", hint="Go back and fill both fields in.")
    intend_retry(page.connection, page.principal, id_of(job_id), code, said)
    return RedirectResponse(f"{HERE}/{job_id}?done=intended#retry", 303)


@router.get("/admin/retry-intents/{intent_id}", dependencies=[LOOKS])
def intent(page: PageDep, intent_id: str, done: Short = "") -> Response:
    """One intent with what became of it, and the two buttons while it waits."""
    return _show(page, id_of(intent_id), notice=NOTICES.get(done))


@router.post("/admin/retry-intents/{intent_id}/execute", dependencies=[ACTING])
def executed(page: PageDep, form: FormDep, call: RequestId, intent_id: str) -> Response:
    """Make the new job, then its page."""
    changed = typed(form, "instruction", 4000)
    patch = {"instruction": changed} if changed else None
    done, _ = regenerating.execute(acting_on(page, call), id_of(intent_id), patch, typed(form, "reason", 2000))
    return RedirectResponse(f"{HERE}/{done.job_id}?done=executed", 303)


@router.post("/admin/retry-intents/{intent_id}/reject", dependencies=[ACTING])
def rejected(page: PageDep, form: FormDep, call: RequestId, intent_id: str) -> Response:
    """Do not try it again, with the reason; without one the page comes back with what was typed."""
    said = typed(form, "reason", 2000)
    if len(said) < 3:
        missing = Invalid("Nothing was rejected: the reason is missing.", hint="Write why.", code="REASON_REQUIRED")
        given = {"reason": said, "instruction": typed(form, "instruction", 4000)}
        return _show(page, id_of(intent_id), error=missing, given=given)
    regenerating.reject(acting_on(page, call), id_of(intent_id), said)
    return RedirectResponse(f"/admin/retry-intents/{intent_id}?done=rejected", 303)


def _show(
    page: Page,
    intent_id: UUID,
    notice: str | None = None,
    error: CountersignError | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    found = intents.load(page.connection, intent_id)
    return page.show(
        "courses/retry_intent.html",
        error.status if error else 200,
        intent=found,
        told=intent_told(found).model_dump(mode="json", by_alias=True),
        source=jobs.load(page.connection, found.source_job_id),
        badges=INTENT_BADGES,
        reasons=REASON_WORDS,
        patchable=found.reason_code in PATCHING,
        events=_events(page, found.intent_id),
        names=queue.names_of(page.connection, _deciders([found])),
        may_act=bool(page.principal.roles & ADMINS),
        notice=notice,
        error=error,
        typed=given or {"reason": "", "instruction": ""},
    )


def _deciders(found: Sequence[Intent]) -> set[str]:
    """Whoever gave, executed or rejected one of these intents."""
    return {str(who) for one in found for who in (one.created_by, one.approved_by, one.rejected_by) if who}


def _events(page: Page, entity_id: Any) -> list[Any]:
    """What the ledger says of it, the newest first."""
    return ledger.events(page.connection, ledger.Wanted(entity=str(entity_id)), after=None, limit=MOST_EVENTS)
