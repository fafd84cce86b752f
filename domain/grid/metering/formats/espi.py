"""Green Button (NAESB REQ.21 ESPI): an Atom feed of UsagePoint, MeterReading, ReadingType and IntervalBlock.

Takes electrical energy in watt-hours (uom 72) as interval data. Demand, voltage, registers, gas and water are left
aside and counted. A document with a DTD or entities is refused before anything of it is read. Stamps are Unix
seconds, so they need no zone. `row` of a reject is the n-th interval reading of the feed.
"""

import io
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from zoneinfo import ZoneInfo

import numpy as np
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from numpy.typing import NDArray

from domain.grid.metering.formats.channels import net
from domain.grid.metering.formats.long_form import MAX_ID, MAX_KWH
from domain.grid.metering.formats.parsed import ALLOWED_MINUTES, FileMapping, Limits, ParsedReads, Rejects
from domain.grid.metering.formats.source import too_many_rows
from domain.grid.metering.formats.stamps import EARLIEST_US, LATEST_US
from domain.grid.metering.rules.flags import Flag
from domain.kernel.errors import Invalid

ATOM = "{http://www.w3.org/2005/Atom}"
ESPI = "{http://naesb.org/espi}"
WATT_HOURS = 72
SIGNS = {0: 1, 1: 1, 4: 1, 20: 1, 19: -1}
INTERVAL_DATA = {0, 4}
US_PER_SECOND = 1_000_000
ESTIMATED = int(Flag.ESTIMATED)
# QualityOfReading: 7 edited by hand, 8 reference day, 9 interpolated, 12 projected, 13 mixed; the others are reads.
QUALITIES = {7: int(Flag.EDITED) | int(Flag.ACTUAL), 8: ESTIMATED, 9: ESTIMATED, 12: ESTIMATED, 13: ESTIMATED}


@dataclass(frozen=True)
class ReadingType:
    """What the numbers of a meter reading mean."""

    uom: int
    power_of_ten: int
    flow: int
    accumulation: int
    interval_s: int | None


@dataclass
class Block:
    """An IntervalBlock: where it hangs in the feed, and its readings as (n-th, start, duration, value, flags)."""

    hrefs: tuple[str, ...]
    readings: list[tuple[int, int, int | None, int, int]]


@dataclass
class Feed:
    """Everything that is needed of a feed; entries may stand in any order."""

    points: dict[str, str] = field(default_factory=dict)
    readings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    types: dict[str, ReadingType] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    count: int = 0


def parse(content: bytes, name: str, mapping: FileMapping, zone: ZoneInfo, limits: Limits) -> ParsedReads:  # noqa: ARG001
    """The reads of a Green Button feed; `zone` is not used, since its stamps are instants.

    Raises:
        Invalid: no well-formed XML, a DTD or entity in it, or no interval block.
        TooLarge: more readings than the limit.
    """
    rejects = Rejects()
    feed = Feed()
    try:
        for _, element in iterparse(io.BytesIO(content), events=("end",), forbid_dtd=True):
            if element.tag == f"{ATOM}entry":
                _entry(element, feed, rejects)
                element.clear()
            if feed.count > limits.max_rows:
                raise too_many_rows(name, limits)
    except DefusedXmlException as cause:
        raise Invalid(
            f"{name} declares a DTD or an entity, which no Green Button file needs; nothing of it was taken.",
            hint="Ask the sender for a plain feed.",
        ) from cause
    except (ParseError, ValueError, LookupError, RecursionError) as cause:
        raise Invalid(
            f"{name} is not a whole XML document, nothing of it was taken: {str(cause)[:200]}.",
            hint="Send the file again.",
        ) from cause
    if not feed.blocks:
        raise Invalid(
            f"{name} holds no IntervalBlock of {ESPI.strip('{}')}, so no reads.",
            hint="Ask for Green Button data with interval usage.",
        )
    return _resolve(feed, mapping, rejects)


def _entry(entry: Element, feed: Feed, rejects: Rejects) -> None:
    """Take one Atom entry: its links, and what hangs in its content."""
    links: dict[str, list[str]] = {}
    for link in entry.iter(f"{ATOM}link"):
        links.setdefault(link.get("rel", ""), []).append(link.get("href", "").rstrip("/"))
    own = (links.get("self") or [""])[0]
    for content in entry.iter(f"{ATOM}content"):
        for thing in content:
            kind = thing.tag.removeprefix(ESPI)
            if kind == "UsagePoint":
                feed.points[own] = _point_name(thing, own)
            elif kind == "MeterReading":
                feed.readings[own] = tuple(links.get("related", []))
            elif kind == "ReadingType":
                feed.types[own] = _reading_type(thing)
            elif kind == "IntervalBlock":
                feed.blocks.append(Block((own, *links.get("up", [])), _readings(thing, feed, rejects)))


def _point_name(point: Element, href: str) -> str:
    """The utility's id of the service point if the feed has it, else the last part of the entry's address."""
    named = point.findtext(f"{ESPI}ServiceDeliveryPoint/{ESPI}mRID") or point.findtext(
        f"{ESPI}ServiceDeliveryPoint/{ESPI}name"
    )
    return (named or href.rsplit("/", 1)[-1]).strip()


def _reading_type(element: Element) -> ReadingType:
    return ReadingType(
        uom=_int(element, "uom", -1),
        power_of_ten=_int(element, "powerOfTenMultiplier", 0),
        flow=_int(element, "flowDirection", 0),
        accumulation=_int(element, "accumulationBehaviour", 0),
        interval_s=_int(element, "intervalLength", 0) or None,
    )


def _int(element: Element, path: str, default: int) -> int:
    text = (element.findtext("/".join(ESPI + part for part in path.split("/"))) or "").strip()
    return int(text) if _is_int(text) else default


def _is_int(text: str) -> bool:
    return len(text) <= 18 and text.isascii() and text.removeprefix("-").removeprefix("+").isdigit()


def _readings(block: Element, feed: Feed, rejects: Rejects) -> list[tuple[int, int, int | None, int, int]]:
    readings = []
    for reading in block.iter(f"{ESPI}IntervalReading"):
        feed.count += 1
        start = (reading.findtext(f"{ESPI}timePeriod/{ESPI}start") or "").strip()
        value = (reading.findtext(f"{ESPI}value") or "").strip()
        if not _is_int(start):
            rejects.add(feed.count, "timePeriod.start", start[:80], "expected Unix seconds, such as 1330578000")
        elif not _is_int(value):
            rejects.add(feed.count, "value", value[:80], "expected a whole number")
        else:
            duration = _int(reading, "timePeriod/duration", 0) or None
            readings.append((feed.count, int(start), duration, int(value), _quality(reading)))
    return readings


def _quality(reading: Element) -> int:
    flags = 0
    for mark in reading.iter(f"{ESPI}quality"):
        text = (mark.text or "").strip()
        flags |= QUALITIES.get(int(text), 0) if _is_int(text) else 0
    return flags & ~int(Flag.ACTUAL) if flags & ESTIMATED else flags or int(Flag.ACTUAL)


@dataclass
class Columns:
    """Reads in the making."""

    meters: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[int, int, int, float, int, int, int]] = field(default_factory=list)


def _resolve(feed: Feed, mapping: FileMapping, rejects: Rejects) -> ParsedReads:
    """Give each block its usage point and reading type, and turn its readings into rows."""
    columns, notes = Columns(), Counter[str]()
    for block in feed.blocks:
        reading = _reading_of(block, feed)
        kind = _type_of(block, reading, feed)
        meter = mapping.meter_id or _point_of(block, reading, feed)
        if kind is None or not meter or len(meter) > MAX_ID:
            why = "its ReadingType is not in the feed" if kind is None else "its UsagePoint is not in the feed"
            rows = np.array([entry[0] for entry in block.readings], np.int64)
            rejects.add_many(rows, "IntervalBlock", block.hrefs[0][:80], why)
        elif kind.uom != WATT_HOURS or kind.flow not in SIGNS or kind.accumulation not in INTERVAL_DATA:
            notes["other_quantities"] += len(block.readings)
        else:
            _block_rows(block, kind, columns, columns.meters.setdefault(meter, len(columns.meters)), rejects)
    return _parsed(columns, rejects, dict(notes))


def _reading_of(block: Block, feed: Feed) -> str | None:
    """The MeterReading that a block belongs to: by address, or by the links that name its blocks."""
    for href, related in feed.readings.items():
        if any(own == href or own.startswith(href + "/") for own in block.hrefs if href):
            return href
        if any(up and up in related for up in block.hrefs):
            return href
    return next(iter(feed.readings)) if len(feed.readings) == 1 else None


def _type_of(block: Block, reading: str | None, feed: Feed) -> ReadingType | None:
    for href in (*feed.readings.get(reading or "", ()), *block.hrefs):
        if href in feed.types:
            return feed.types[href]
    return next(iter(feed.types.values())) if len(feed.types) == 1 else None


def _point_of(block: Block, reading: str | None, feed: Feed) -> str | None:
    for own in (*block.hrefs, reading or ""):
        for href, name in feed.points.items():
            if href and (own == href or own.startswith(href + "/")):
                return name
    return next(iter(feed.points.values())) if len(feed.points) == 1 else None


def _block_rows(block: Block, kind: ReadingType, columns: Columns, meter: int, rejects: Rejects) -> None:
    factor = 10.0 ** max(-18, min(18, kind.power_of_ten)) / 1000.0
    for nth, start, duration, value, flags in block.readings:
        seconds = duration or kind.interval_s or 0
        minutes, kwh = seconds // 60, value * factor
        end = (start + seconds) * US_PER_SECOND
        if seconds % 60 or minutes not in ALLOWED_MINUTES:
            why = f"expected an interval of {', '.join(map(str, ALLOWED_MINUTES))} minutes"
            rejects.add(nth, "timePeriod.duration", f"{seconds} s", why)
        elif not EARLIEST_US <= end < LATEST_US:
            rejects.add(nth, "timePeriod.start", str(start), "expected Unix seconds of a time after 1990")
        elif abs(kwh) > MAX_KWH:
            rejects.add(nth, "value", str(value), f"beyond what a meter measures in an interval ({MAX_KWH:,.0f} kWh)")
        else:
            columns.rows.append((meter, SIGNS[kind.flow], end, kwh, flags, minutes, nth))


def _parsed(columns: Columns, rejects: Rejects, notes: dict[str, int]) -> ParsedReads:
    fields: list[Any] = list(zip(*columns.rows, strict=True)) or [()] * 7
    size = len(columns.rows)
    sign: NDArray[np.float64] = np.array(fields[1], np.float64)
    reads = ParsedReads(
        format="espi",
        meters=list(columns.meters),
        meter=np.array(fields[0], np.int32),
        read_at=np.array(fields[2], np.int64),
        kwh=np.array(fields[3], np.float64),
        voltage=np.full(size, np.nan),
        register_kwh=np.full(size, np.nan),
        flags=np.array(fields[4], np.int32),
        interval_minutes=np.array(fields[5], np.int16),
        arrived_at=np.full(size, -1, np.int64),
        row=np.array(fields[6], np.int64),
        feeders=[],
        feeder=np.full(size, -1, np.int32),
        rejects=rejects,
        notes=notes,
    )
    return net(reads, (sign < 0).astype(np.int32), sign)
