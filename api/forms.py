"""Forms of pages: what was typed, after it is clear that our own page sent it."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from api.gate import session_secret
from domain.kernel.errors import Forbidden
from domain.kernel.login import is_form_token

MOST_FIELDS = 60


async def checked_form(request: Request) -> AsyncIterator[FormData]:
    """The form of this request. A signed-in browser must send the token that our page put into it.

    A caller with a bearer token has no cookie that another site could misuse, and needs none.

    Raises:
        Forbidden: FORM_TOKEN, the form is not one of this session's pages.
    """
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
        secret = session_secret(request.scope)
        if secret is not None and "authorization" not in request.headers:
            given = form.get("form_token")
            if not isinstance(given, str) or not is_form_token(secret, given):
                raise Forbidden(
                    "The form was not sent from a page of this session; nothing was done.",
                    hint="Go back, reload the page and send the form again.",
                    code="FORM_TOKEN",
                )
        yield form


FormDep = Annotated[FormData, Depends(checked_form)]


def typed(form: FormData, name: str, longest: int = 400) -> str:
    """What was typed into a field, without blanks around it; nothing where the field is missing."""
    value = form.get(name)
    return value.strip()[:longest] if isinstance(value, str) else ""


def uploaded(form: FormData, name: str) -> UploadFile | None:
    """The file that was chosen; None where none was."""
    value = form.get(name)
    return value if isinstance(value, UploadFile) and value.filename else None
