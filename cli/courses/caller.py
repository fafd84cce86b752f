"""The caller of a running copy: its address, the token, and how answers and refusals are told."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click
import httpx

from cli.services.state import read_state
from domain.kernel.errors import CountersignError, NotConfigured, Unavailable
from domain.kernel.settings import settings

F = TypeVar("F", bound=Callable[..., Any])
TIMEOUT_S = 120.0


class Caller:
    """Calls one running copy as one person."""

    def __init__(self, api: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=api, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S, trust_env=False
        )

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int) -> Any:
        """What the API answers to a GET, as JSON."""
        return self.send("GET", path, params=query).json()

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """POST JSON, answer JSON."""
        return self.send("POST", path, json=body, headers=headers).json()

    def every(self, path: str, name: str, **query: str | int) -> list[Any]:
        """Every row of a list, page by page."""
        found: list[Any] = []
        page = self.get(path, limit=500, **query)
        found += page[name]
        while page["nextCursor"]:
            page = self.get(path, limit=500, cursor=page["nextCursor"], **query)
            found += page[name]
        return found

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request.

        Raises:
            CountersignError: the copy refused, in its own words.
            Unavailable: it does not answer.
        """
        try:
            answer = self._http.request(method, path, **more)
        except httpx.HTTPError as cause:
            raise Unavailable(
                f"The copy at {self._http.base_url} does not answer.",
                hint="`countersign status` shows whether it runs.",
            ) from cause
        if answer.is_success:
            return answer
        raise refusal_of(answer)


def refusal_of(answer: httpx.Response) -> CountersignError:
    """A refusal as it was told."""
    try:
        told = answer.json()
    except ValueError:
        told = {}
    error = CountersignError(
        told.get("detail") or f"The copy answered {answer.status_code}.",
        hint=told.get("hint", ""),
        code=told.get("code"),
        errors=told.get("errors") or [],
    )
    error.status = answer.status_code
    return error


def caller_options(command: F) -> F:
    """`--api`, `--token` and `--json`, which every command of the group has."""
    api = click.option("--api", help="Address of the copy. [default: COUNTERSIGN_API_URL, or the one that runs here]")
    token = click.option(
        "--token", envvar="COUNTERSIGN_TOKEN", help="Whose act it is: a person's token. [default: COUNTERSIGN_TOKEN]"
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON and nothing else.")
    return api(token(as_json(command)))


def caller(api: str | None, token: str | None) -> Caller:
    """Whoever the options name.

    Raises:
        NotConfigured: no copy runs here, or no token was given.
    """
    if not token:
        raise NotConfigured(
            "Nobody is named whose act it would be.",
            hint="Give --token or set COUNTERSIGN_TOKEN; in dev `countersign token --role AUTHOR ...` prints one.",
        )
    running = read_state(settings().home_path).services.get("api")
    address = api or settings().api_url or (running.url if running and running.process is not None else None)
    if not address:
        raise NotConfigured("No copy runs here.", hint="Start one with `countersign up --detach`, or give --api URL.")
    return Caller(address, token)


def path_of(part: str) -> str:
    """The address of a part: a course's id is its syllabus'."""
    return f"/api/admin/{'artifacts' if '.' in part else 'syllabi'}/{part}"


def tell(as_json: bool, told: Any, sentence: str) -> None:
    """An answer: as JSON, or as a sentence."""
    click.echo(json.dumps(told) if as_json else sentence)
