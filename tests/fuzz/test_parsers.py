"""Every parser, begun at its corpus: it reads or refuses, in time, and never fails in another way.

An input that breaks a parser is written into the corpus, so that it is tried for ever after.
"""

import gzip
import io
import random
import time
import warnings
import zipfile
from pathlib import Path

import pytest

from domain.kernel.canonical import sha256_hex
from domain.kernel.errors import CountersignError
from tests.fuzz.parsers import PARSERS

CORPUS = Path(__file__).parent / "corpus"
FEW, MANY = 60, 6000
SLOWEST_S = 20.0
TOKENS = (b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b",", b"\n", b"\r", b"-1", b"1e999", b"NaN", b"9" * 40)
TOKENS += (
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"&b;",
    b"../",
    b"=1+1",
    b"[[[[",
    b"{}",
    b"\xf0\x9f\x94\xa5",
    b"300,",
    b"400,1,",
)


def corpus_of(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def bent(chance: random.Random, kept: list[bytes]) -> bytes:
    """One of the corpus, changed in some of the ways in which files are."""
    data = bytearray(chance.choice(kept))
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(data))
        end = min(len(data), at + chance.randint(1, 64))
        match chance.randrange(6):
            case 0:
                data[at:end] = b""
            case 1:
                data[at:at] = chance.choice(TOKENS)
            case 2 if data:
                data[at % len(data)] = chance.randrange(256)
            case 3:
                data[at:at] = data[at:end] * chance.randint(1, 20)
            case 4:
                del data[at:]
            case _:
                other = chance.choice(kept)
                data[at:] = other[chance.randint(0, len(other)) :]
    return bytes(data)


def refusal(name: str, content: bytes) -> CountersignError | None:
    try:
        PARSERS[name](content)
    except CountersignError as refused:
        return refused
    return None


def tried(name: str, content: bytes) -> None:
    began = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            refused = refusal(name, content)
    except BaseException:
        (CORPUS / name / f"found-{sha256_hex(content)[:12]}").write_bytes(content)
        raise
    assert refused is None or refused.status < 500
    assert time.process_time() - began < SLOWEST_S


@pytest.mark.parametrize("often", [FEW, pytest.param(MANY, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_parser_reads_or_refuses(name: str, often: int) -> None:
    kept, chance = corpus_of(name), random.Random(f"{name}{often}")  # noqa: S311
    for content in [b"", *kept, *(bent(chance, kept) for _ in range(often))]:
        tried(name, content)


def test_every_parser_has_a_corpus() -> None:
    assert sorted(path.name for path in CORPUS.iterdir()) == sorted(PARSERS)
    assert all(corpus_of(name) for name in PARSERS)


def _zip(entries: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return sink.getvalue()


BOMBS = {
    "a packed file of zeros": ("gzip", lambda: gzip.compress(b"0" * 50_000_000)),
    "packed again and again": ("gzip", lambda: gzip.compress(gzip.compress(gzip.compress(b"a,b\n" * 100_000)))),
    "entities of entities": (
        "espi",
        lambda: (
            b"<!DOCTYPE f ["
            + b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10 if n else b"lol") for n in range(12))
            + b']><feed xmlns="http://www.w3.org/2005/Atom">&e11;</feed>'
        ),
    ),
    "an entity that is a file": (
        "espi",
        lambda: (
            b'<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            b'<feed xmlns="http://www.w3.org/2005/Atom">&x;</feed>'
        ),
    ),
    "elements in elements": ("espi", lambda: b"<feed>" + b"<a>" * 50_000),
    "a million columns": ("csv", lambda: b",".join([b"meter_id"] * 300_000) + b"\n1"),
    "a quotation mark that never ends": ("csv", lambda: b'meter_id,read_at,kwh\n"' + b"x" * 1_500_000),
    "intervals without end": ("nem12", lambda: b"100,NEM12,200401010000,A,B\n" + b"300," + b"1," * 500_000),
    "a package of zeros": ("package", lambda: _zip({"imsmanifest.xml": b"<a/>", "zeros": b"\x00" * 100_000_000})),
    "a package of very many files": ("package", lambda: _zip({f"f{n}": b"" for n in range(5_000)})),
    "a package that climbs out": ("package", lambda: _zip({"../../etc/cron.d/x": b"x", "/abs": b"x"})),
    "brackets in brackets": ("proof", lambda: b"[" * 200_000),
    "quotations in quotations": ("markup", lambda: b">" * 20_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_time(name: str) -> None:
    parser, made = BOMBS[name]
    content, began = made(), time.process_time()
    refused = refusal(parser, content)
    assert refused is None or (refused.status < 500 and "root:" not in refused.detail)
    assert time.process_time() - began < SLOWEST_S
