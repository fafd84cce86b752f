"""Files of few bytes that are made to burst, and the process in which they are tried: it is bounded, as one should be.

`python -m tests.fuzz.bombs` answers, as JSON, for each what became of it, the processor's time and the memory taken.
"""

import gzip
import io
import json
import resource
import struct
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from domain.kernel.errors import CountersignError
from tests.fuzz.parsers import ROOMY

# Of addresses, most of which is never touched; what is touched is what counts.
MOST_ADDRESSES = 12 * 2**30
ROWS = 2_000_000


def _zip(entries: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return sink.getvalue()


def _parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="zstd", store_schema=False)
    return sink.getvalue()


def _reads(rows: int, **more: Any) -> dict[str, Any]:
    at = pa.array(np.full(rows, 1_767_225_600_000_000), pa.timestamp("us", "UTC"))
    return {"meter_id": pa.array(["M1"] * rows), "start": at, "kwh": pa.array(np.ones(rows))} | more


def _repeated(text: str, rows: int) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, "i4")), pa.array([text]))


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


BOMBS = {
    "a packed file of zeros": ("gzip", lambda: gzip.compress(b"0" * 250_000_000)),
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
    "a meter of a megabyte, two million times": (
        "parquet",
        lambda: _parquet(**_reads(ROWS, meter_id=_repeated("M" * 1_000_000, ROWS))),
    ),
    "stamps of a megabyte each": (
        "parquet",
        lambda: _parquet(**_reads(ROWS, start=_repeated("2026-01-01T00:00:00Z" + " " * 1_000_000, ROWS))),
    ),
    "lists of very much": (
        "parquet",
        lambda: _parquet(**_reads(1, kwh=pa.array([np.zeros(4_000_000)], pa.list_(pa.float64())))),
    ),
    "very many rows of nothing": (
        "parquet",
        lambda: _parquet(**_reads(1, quality=pa.array([None], pa.string()))).replace(b"\x16\x02", b"\x16\xfe"),
    ),
    "a number of a million digits": ("csv", lambda: b"meter_id,start,kwh\nM1,2026-01-01," + b"9" * 1_000_000 + b"\n"),
    "a packed file of packed files": ("gzip", lambda: gzip.compress(b"\x1f\x8b" + b"\0" * 40_000_000)),
    "a picture of a thousand million points": ("picture", lambda: _png(40_000, 40_000)),
    "a picture of negative size": ("picture", lambda: _png(0xFFFFFFFF, 0xFFFFFFFF)),
    "a picture that is a page": ("picture", lambda: b"GIF89a<script>alert(1)</script>" + b"\0" * 100),
    "a program in the guise of a picture": (
        "picture",
        lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99999 99999\n(/etc/passwd) run\n",
    ),
    "a manifest of entities": (
        "manifest",
        lambda: (
            b"<!DOCTYPE m ["
            + b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10 if n else b"lol") for n in range(12))
            + b"]><manifest>&e11;</manifest>"
        ),
    ),
    "a manifest that draws a file in": (
        "manifest",
        lambda: b'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><manifest>&x;</manifest>',
    ),
    "very many points of a building": (
        "baselines",
        lambda: b"stair_id,floor_id,door_configuration,pressure_pa,commissioned_date\n" + b"x,x,x,1,x\n" * 300_000,
    ),
    "files that include one another": ("opendss", lambda: b"Redirect master.dss\n" * 10_000),
    "very much of one line": ("opendss", lambda: b"New Load.a " + b"b=c " * 1_000_000),
    "quotations that never end": ("opendss", lambda: b"New " + b"\"'" * 500_000),
}


def tried(name: str) -> dict[str, Any]:
    """What became of one: read, or how it was refused; seconds of the processor and the most memory so far, MB."""
    parser, made = BOMBS[name]
    content, began = made(), time.process_time()
    answer: dict[str, Any] = {"bytes": len(content), "refused": None}
    try:
        ROOMY[parser](content)
    except CountersignError as refused:
        answer |= {"refused": refused.status, "detail": refused.detail}
    status = Path("/proc/self/status").read_text()
    # Not ru_maxrss, which a process has from whoever started it.
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    return answer | {"seconds": time.process_time() - began, "peak_mb": peak}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    for bomb in BOMBS:
        print(json.dumps({"name": bomb} | tried(bomb)), flush=True)  # noqa: T201
