"""Forms of pages: what was typed, after it is clear that our own page sent it."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from api.gate import session_secret
from domain.kernel.errors import Forbidden, Invalid
from domain.kernel.login import is_form_token

MOST_FIELDS = 100
MOST_BOXES = 10_000
# More than any form takes, so that `uploaded` can say what is wrong with a second one.
MOST_FILES = 20


async def sent_form(request: Request) -> AsyncIterator[FormData]:
    """The form of this request as it was sent, for signing in alone: whoever does that has no session, or an old one.

    The cookie of a session that is over would ask for a token that no page can give any more.
    """
    async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as form:
        yield form


class CheckedForm:
    """The form of this request. A signed-in browser must send the token that our page put into it.

    A caller with a bearer token has no cookie that another site could misuse, and needs none.

    Raises:
        Forbidden: FORM_TOKEN, the form is not one of this session's pages.
    """

    def __init__(self, most_fields: int = MOST_FIELDS) -> None:
        self.most_fields = most_fields

    async def __call__(self, request: Request) -> AsyncIterator[FormData]:
        """The form for as long as the request takes."""
        async with request.form(max_files=MOST_FILES, max_fields=self.most_fields) as form:
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


SignInForm = Annotated[FormData, Depends(sent_form)]
FormDep = Annotated[FormData, Depends(CheckedForm())]
# Where one box stands for each of many things.
LongFormDep = Annotated[FormData, Depends(CheckedForm(MOST_BOXES))]


def typed(form: FormData, name: str, longest: int = 400) -> str:
    """What was typed into a field, without blanks around it; nothing where the field is missing."""
    value = form.get(name)
    return value.strip()[:longest] if isinstance(value, str) else ""


def uploaded(form: FormData, name: str) -> UploadFile | None:
    """The file that was chosen; None where none was.

    Raises:
        Invalid: ONE_FILE, more than one was sent.
    """
    chosen = [value for value in form.getlist(name) if isinstance(value, UploadFile) and value.filename]
    refuse_more_than_one(chosen)
    return chosen[0] if chosen else None


def refuse_more_than_one(files: Sequence[object]) -> None:
    """Taking one of several in silence would let the others seem to be loaded.

    Raises:
        Invalid: ONE_FILE, more than one was sent.
    """
    if len(files) > 1:
        raise Invalid(
            f"{len(files)} files were sent, nothing of them was taken; an upload takes one.",
            hint="Send one after the other, or put them into the watched folder.",
            code="ONE_FILE",
        )
