"""The page of artifacts: kinds by a person's words, what people look for first, the rest a click away."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from fastapi.testclient import TestClient

from api.kernel.artifact_words import KINDS, TRAILS, type_named, words_of
from domain.courses.regeneration.store import outputs
from domain.kernel.artifacts import Artifact, keep
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.stairs.observe import evidence, instruments
from domain.together import RENDERERS

Bearer = Callable[..., dict[str, str]]
Look = Callable[[str], str]


def kept(kind: str, number: int, tenant: str = "T", **made_from: object) -> Artifact:
    with transaction(tenant) as connection:
        return keep(
            connection,
            open_store(),
            f"{kind} {number}".encode(),
            kind=kind,
            media_type="application/pdf",
            made_from={"n": number} | made_from,
            actor_id="test",
        )


@pytest.fixture
def look(client: TestClient, bearer: Bearer) -> Look:
    """A page as an auditor reads it."""

    def text(path: str) -> str:
        answer = client.get(path, headers=bearer("AUDITOR") | {"Accept": "text/html"})
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    return text


def rows(page: str) -> list[str]:
    """What the rows of the list are called."""
    return re.findall(r'<th scope="row"[^>]*><a [^>]*>([^<]*)</a>', page)


def chosen(page: str) -> str:
    return re.findall(r'aria-current="true">([^<]*) <span>', page)[0]


def test_every_kind_that_is_kept_has_words() -> None:
    assert {*RENDERERS, evidence.KIND, instruments.KIND, outputs.KIND} == set(KINDS)
    names = [words.one for words in KINDS.values()] + [words.many for words in KINDS.values()]
    assert len(set(names)) == len(names)
    assert not any("." in name or "_" in name for name in names)


def test_what_has_no_words_is_read_from_its_code_name() -> None:
    assert words_of("water.leak_list").one == "Water: leak list"
    assert [type_named(one) for one in ("text/csv; charset=utf-8", "image/jpeg", "x/y")] == ["CSV", "JPEG photo", "x/y"]


def test_reports_come_first_and_evidence_is_a_click_away(look: Look) -> None:
    report = kept("stairs.compliance_report", 1, edition="draft")
    proofs = [kept(evidence.KIND, number) for number in range(3)]
    page = look("/artifacts")
    assert "Compliance report, draft edition" in rows(page)
    assert "Evidence of a test" not in rows(page)
    assert chosen(page) == "Reports, lists and archives"
    count = len(proofs)
    assert f'<a href="/artifacts?kind={evidence.KIND}">evidence of tests</a> ({count})' in page
    assert f"Evidence of tests <span>{count}</span>" in page
    of_kind = look(f"/artifacts?kind={evidence.KIND}")
    assert (rows(of_kind), chosen(of_kind)) == (["Evidence of a test"] * count, "Evidence of tests")
    every = look("/artifacts?kind=all")
    assert {"Evidence of a test", "Compliance report, draft edition"} <= set(rows(every))
    assert rows(look(f"/artifacts?sha256={proofs[0].sha256[:20]}")) == ["Evidence of a test"]
    assert f"/artifacts/{report.artifact_id}" in page


def test_the_next_pages_hold_what_the_first_one_does(look: Look) -> None:
    for number in range(60):
        kept("grid.inspection_list", number)
        kept(TRAILS[0], 1000 + number)
    page, seen = look("/artifacts"), list[str]()
    while True:
        seen += rows(page)
        older = re.findall(r'rel="next" href="([^"]*)"', page)
        if not older:
            break
        page = look(older[0])
    assert seen.count("Inspection list") == 60
    assert words_of(TRAILS[0]).one not in seen
