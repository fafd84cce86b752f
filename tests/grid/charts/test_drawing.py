"""What holds for every chart: the same bytes always, fit for a page, nothing written outside the picture."""

import hashlib
import os
import re
import subprocess
import sys

import matplotlib as mpl
import pytest
from defusedxml import ElementTree
from matplotlib.text import Text

from domain.kernel.charts import render
from domain.kernel.charts.chart import Chart, Format, Plot
from domain.kernel.charts.render import draw, to_png, to_svg
from domain.kernel.charts.theme import RC, TOKENS, register_fonts
from tests.conftest import ROOT
from tests.grid.charts.conftest import every_chart

PIXEL = 1.5
# Metering has pages and files; what is printed on paper is tested with its report.
FORMS = (Format.FILE, Format.PAGE, Format.PHONE)


def painted(chart: Chart, form: Format) -> Plot:
    """The chart on a plot, to be looked into."""
    with mpl.rc_context(RC):
        register_fonts()
        plot = (
            render._with_words(chart)
            if form is Format.FILE
            else render._plot(form, float(chart.phone_height if form.narrow else chart.height))
        )
        chart.paint(plot)
        plot.figure.canvas.draw()
    return plot


def digest() -> str:
    """One hash over every chart in every form."""
    whole = hashlib.sha256()
    for chart in every_chart():
        whole.update(to_png(chart))
        for form in (Format.PAGE, Format.PHONE):
            whole.update(to_svg(chart, form).encode())
    return whole.hexdigest()


def test_the_same_rows_are_the_same_bytes_in_another_process() -> None:
    code = "from tests.grid.charts.test_drawing import digest; print(digest())"
    environment = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"}
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == digest()


def test_a_drawing_is_remembered_by_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    first = draw(every_chart()[0])
    monkeypatch.setattr(render, "to_svg", lambda *_: pytest.fail("drawn again"))
    again = draw(every_chart()[0])
    assert (again.page, again.phone) == (first.page, first.phone)


def test_every_drawing_is_known_by_all_that_it_is_painted_from() -> None:
    keys = [render._key(chart, Format.PAGE) for chart in every_chart()]
    assert None not in keys
    assert keys == [render._key(chart, Format.PAGE) for chart in every_chart()]


@pytest.mark.parametrize("form", [Format.PAGE, Format.PHONE])
def test_a_pages_drawing_has_no_style_no_script_and_no_colour_of_its_own(chart: Chart, form: Format) -> None:
    svg = to_svg(chart, form)
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        assert element.tag.rsplit("}", 1)[-1] not in {"style", "script", "image", "metadata", "foreignObject"}
        assert "style" not in element.attrib
        assert not any(name.startswith("on") for name in element.attrib)
        for name in ("fill", "stroke"):
            value = element.get(name, "none")
            assert value in {"none", *(f"var(--chart-{token})" for token in TOKENS)}
    assert not re.search(r"#[0-9a-f]{6}\b(?!\))", svg)


@pytest.mark.parametrize("form", [Format.PAGE, Format.PHONE])
def test_every_id_in_a_drawing_is_used_and_every_used_id_is_there(chart: Chart, form: Format) -> None:
    svg = to_svg(chart, form)
    there = set(re.findall(r'\sid="([^"]+)"', svg))
    used = set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r'href="#([^"]+)"', svg))
    assert there == used


def test_a_drawing_names_its_finding_to_who_cannot_see_it(chart: Chart) -> None:
    root = ElementTree.fromstring(to_svg(chart))
    assert root.get("role") == "img"
    assert chart.title in (root.get("aria-label") or "")


@pytest.mark.parametrize("form", FORMS)
def test_no_word_leaves_the_picture(chart: Chart, form: Format) -> None:
    _within(painted(chart, form))


@pytest.mark.parametrize("form", FORMS)
def test_long_names_leave_the_picture_neither(chart_with_long_names: Chart, form: Format) -> None:
    _within(painted(chart_with_long_names, form))


def _within(plot: Plot) -> None:
    for words in plot.figure.findobj(Text):
        assert isinstance(words, Text)
        if not words.get_text().strip() or not words.get_visible():
            continue
        box = words.get_window_extent()
        inside = box.x0 >= -PIXEL and box.x1 <= plot.figure_width + PIXEL
        inside = inside and box.y0 >= -PIXEL and box.y1 <= plot.figure_height + PIXEL
        assert inside, f"{words.get_text()!r} at {box.bounds} of {plot.figure_width} x {plot.figure_height}"


def test_a_row_has_a_cell_for_each_column(chart: Chart) -> None:
    assert chart.rows
    assert {len(row) for row in chart.rows} == {len(chart.columns)}
    assert len({column.key for column in chart.columns}) == len(chart.columns)


def test_a_png_is_twice_as_dense_as_a_page(chart: Chart) -> None:
    content = to_png(chart)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(content[16:20], "big") == 2 * 1104
    assert b"matplotlib" not in content.lower()
