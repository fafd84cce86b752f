"""The demo's caller: the published endpoints over HTTP with the key of the sources, nothing behind them."""

from types import TracebackType
from typing import Any, Self

import httpx

from domain.kernel.errors import CountersignError, Unavailable


class Client:
    """Calls one running copy."""

    def __init__(self, base_url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=120.0, trust_env=False
        )

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST JSON, answer JSON.

        Raises:
            CountersignError: the copy refused, with its own words.
        """
        return self._answer(self._http.post(path, json=body))

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """PATCH JSON, answer JSON."""
        return self._answer(self._http.patch(path, json=body))

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """GET JSON; the path may have a query of its own, which an empty one given beside it would take away."""
        return self._answer(self._http.get(path, params=query or None))

    def file(self, artifact_id: str) -> bytes:
        """The bytes of an artifact, by the link that the copy signs for it."""
        link = self.get(f"/v1/artifacts/{artifact_id}")["url"]
        answer = self._http.get(link)
        answer.raise_for_status()
        return answer.content

    def put(self, path: str, data: bytes, content_range: str) -> dict[str, Any]:
        """PUT a piece of a file."""
        headers = {"Content-Range": content_range, "Content-Type": "application/octet-stream"}
        return self._answer(self._http.put(path, content=data, headers=headers))

    def upload(self, path: str, name: str, data: bytes) -> dict[str, Any]:
        """POST one file as a form does."""
        return self._answer(self._http.post(path, files={"file": (name, data)}))

    def delete(self, path: str) -> dict[str, Any]:
        """DELETE, answer JSON."""
        return self._answer(self._http.delete(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        body: dict[str, Any] = response.json()
        if response.is_success:
            return body
        if response.status_code >= 500:
            raise Unavailable(body.get("detail", "The API failed."), hint=body.get("hint", ""))
        raise CountersignError(body.get("detail", response.text), hint=body.get("hint", ""), code=body.get("code"))
