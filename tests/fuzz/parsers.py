"""The parsers that take bytes from outside, each as a function that reads or refuses them."""

import re
import tempfile
import uuid
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

from domain.courses.content.markup import blocks_of, html_of
from domain.courses.delivery.exports.checking.archive import read_archive
from domain.courses.delivery.exports.checking.findings import Finding
from domain.courses.delivery.exports.checking.findings import Limits as PackageLimits
from domain.courses.delivery.exports.checking.manifest import read_manifest
from domain.grid.metering.formats.detect import parse_file
from domain.grid.metering.formats.parsed import FileMapping, Limits
from domain.grid.network.importers.opendss_commands import DESCRIBES, INCLUDES, PLACES, REFUSED
from domain.grid.network.importers.opendss_gather import Gathered
from domain.kernel.seals.proof import check_proof
from domain.kernel.seals.seal import seal_of_document
from domain.stairs.observe.evidence import resolution_of
from domain.stairs.rules.baseline_csv import Kind, Known, parse_baselines

VERBS = DESCRIBES | INCLUDES | PLACES | REFUSED | {"solve", "show", "export", "plot"}
STAIR, PLACE = uuid.UUID(int=1), uuid.UUID(int=2)
KNOWN = Known(frozenset({STAIR}), {PLACE: STAIR})
ROOM = Limits(max_bytes=2 * 1024 * 1024, max_rows=20_000)


def _reads(content: bytes, room: Limits = ROOM) -> None:
    parse_file(content, "file", FileMapping(), ZoneInfo("America/New_York"), room)


def _markup(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    blocks_of(text)
    assert "<script" not in html_of(text).lower()


def _package(content: bytes) -> None:
    read_archive(content, PackageLimits(unpacked_bytes=4 * 2**20, files=200))


def _document(content: bytes) -> None:
    import json

    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return
    for judge in (seal_of_document, lambda one: check_proof(one, bytes(32))):
        judge(document)


def _manifest(content: bytes) -> None:
    found = read_manifest(content)
    assert isinstance(found, Finding) or "root:" not in "".join(found.root.itertext())


def _picture(content: bytes) -> None:
    found = resolution_of(content)
    assert found is None or re.fullmatch(r"\d+x\d+", found)


def _baselines(content: bytes) -> None:
    for kind in get_args(Kind):
        parse_baselines(kind, content, KNOWN, date(2026, 11, 21))


def _model(content: bytes) -> None:
    """The text of a model, without the engine behind it: what is refused there never reaches it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model").mkdir()
        master = Path(folder).resolve() / "model" / "master.dss"
        master.write_bytes(content)
        copy = Path(folder).resolve() / "copy"
        copy.mkdir()
        Gathered(master.parent, copy, VERBS).master(master)
        assert all(one.resolve().is_relative_to(copy) for one in copy.rglob("*"))


# By the folder of the corpus.
PARSERS: dict[str, Callable[[bytes], None]] = {
    "baselines": _baselines,
    "csv": _reads,
    "espi": _reads,
    "gzip": _reads,
    "manifest": _manifest,
    "markup": _markup,
    "nem12": _reads,
    "opendss": _model,
    "package": _package,
    "parquet": _reads,
    "picture": _picture,
    "proof": _document,
}
# As they stand in the product, with all the room that it gives; fuzzing gives less, to be quick.
ROOMY = PARSERS | {name: partial(_reads, room=Limits()) for name, parser in PARSERS.items() if parser is _reads}
