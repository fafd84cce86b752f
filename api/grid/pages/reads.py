"""Reads: what was loaded, by whom and from where; and the door for a meter file."""

import re
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response

from api.deps import body_limit
from api.forms import FormDep, uploaded
from api.grid.pages.access import LOOKS, OPERATES, may_operate
from api.grid.pages.file_form import FileForm, file_form
from api.pages import Page, PageDep
from domain.grid.metering.formats.notes import note_texts
from domain.grid.metering.observe.files import IngestResult, ingest_file
from domain.grid.metering.observe.rejects import rejects_path
from domain.grid.metering.store.batches import recent_batches
from domain.kernel.clock import utc_now
from domain.kernel.errors import Conflict, CountersignError, Invalid, NotFound, TooLarge
from domain.kernel.settings import Settings, settings

router = APIRouter(include_in_schema=False)
PAGE_BATCHES = 25
SHA = re.compile(r"[0-9a-f]{64}")
# The file and the form around it. The file's own limit is the copy's, and told with its name.
UPLOAD_LIMIT = (Settings.model_fields["ingest_max_mb"].default + 1) * 1024 * 1024


@router.get("/grid/reads", dependencies=[LOOKS])
def reads(page: PageDep, before: Annotated[str | None, Query(max_length=100)] = None) -> Response:
    """The ledger of loads, newest first, and the upload form for those who may."""
    return _show(page, before=before)


@router.post("/grid/reads", dependencies=[OPERATES, body_limit(UPLOAD_LIMIT)])
def upload(page: PageDep, form: FormDep) -> Response:
    """Take in one file and show what became of every row; what cannot be read as a whole is told at the field."""
    sent = file_form(form)
    try:
        file = uploaded(form, "file")
        if file is None:
            raise Invalid("No file was sent.", hint="Choose a file first.")
        result = ingest_file(
            page.tenant.tenant_id,
            file.file,
            file.filename or "upload",
            mode=sent.mode,
            now=utc_now(),
            actor=page.principal.id,
            mapping=sent.mapping(),
            dry_run=sent.dry_run,
        )
    except (Invalid, TooLarge, Conflict) as error:
        return _show(page, error.status, error=error, sent=sent)
    return _show(page, result=result, sent=sent)


@router.get("/grid/reads/rejects/{sha256}", dependencies=[LOOKS])
def rejects(page: PageDep, sha256: str) -> Response:
    """The rows of a file that were not taken, as CSV.

    Raises:
        NotFound: the tenant has no rejects of such a file.
    """
    path = rejects_path(page.tenant.tenant_id, sha256) if SHA.fullmatch(sha256) else None
    if path is None or not path.is_file():
        raise NotFound("There are no rejected rows of this file.", hint="Send the file again to see its result.")
    return FileResponse(path, media_type="text/csv; charset=utf-8", filename=path.name)


def _show(
    page: Page,
    status: int = 200,
    *,
    before: str | None = None,
    result: IngestResult | None = None,
    error: CountersignError | None = None,
    sent: FileForm | None = None,
) -> Response:
    found, following = recent_batches(page.connection, PAGE_BATCHES, before)
    return page.show(
        "grid/reads.html",
        status,
        rows=found,
        next_before=following,
        before=before,
        result=result,
        noted=note_texts(result.notes) if result else [],
        error=error,
        sent=sent or FileForm(),
        may_upload=may_operate(page.principal),
        limit_mb=settings().ingest_max_mb,
    )
