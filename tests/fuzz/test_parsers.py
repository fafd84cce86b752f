"""Every parser, begun at its corpus: it reads or refuses, in time, and never fails in another way.

An input that breaks a parser is written into the corpus, so that it is tried for ever after.
"""

import json
import random
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from domain.kernel.canonical import sha256_hex
from domain.kernel.errors import CountersignError
from tests.conftest import ROOT
from tests.fuzz.bombs import BOMBS
from tests.fuzz.parsers import PARSERS

CORPUS = Path(__file__).parent / "corpus"
FEW, MANY = 60, 6000
SLOWEST_S = 20.0
# The libraries themselves take a part of it.
MOST_MB = 1_500
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


@pytest.fixture(scope="module")
def burst() -> dict[str, dict[str, Any]]:
    """Every bomb, tried in a process of its own: what it took there is known, and this one stays whole."""
    command = [sys.executable, "-m", "tests.fuzz.bombs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (answers[-1:], done.stderr[-2000:])
    return {one["name"]: one for one in answers}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_time_and_takes_no_memory(burst: dict[str, dict[str, Any]], name: str) -> None:
    told = burst[name]
    assert told["refused"] is None or (told["refused"] < 500 and "root:" not in told["detail"])
    assert told["seconds"] < SLOWEST_S
    assert told["peak_mb"] < MOST_MB
