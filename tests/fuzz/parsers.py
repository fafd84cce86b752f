"""The parsers that take bytes from outside, each as a function that reads or refuses them."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from domain.courses.content.markup import blocks_of, html_of
from domain.courses.delivery.exports.checking.archive import read_archive
from domain.courses.delivery.exports.checking.findings import Limits as PackageLimits
from domain.grid.metering.formats.detect import parse_file
from domain.grid.metering.formats.parsed import FileMapping, Limits
from domain.kernel.seals.proof import check_proof
from domain.kernel.seals.seal import seal_of_document

ROOM = Limits(max_bytes=2 * 1024 * 1024, max_rows=20_000)


def _reads(content: bytes) -> None:
    parse_file(content, "file", FileMapping(), ZoneInfo("America/New_York"), ROOM)


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


# By the folder of the corpus.
PARSERS: dict[str, Callable[[bytes], None]] = {
    "csv": _reads,
    "espi": _reads,
    "gzip": _reads,
    "markup": _markup,
    "nem12": _reads,
    "package": _package,
    "parquet": _reads,
    "proof": _document,
}
