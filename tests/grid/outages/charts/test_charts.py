"""The charts of an outage: their findings agree with the numbers, and no word leaves the picture on any surface."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from domain.grid.outages.charts import options, restoration, timeline, zone_map, zones
from domain.grid.outages.charts.sections import sections_of
from domain.grid.outages.rules.summary import CurvePoint, RankingQuality, ReplaySummary
from domain.kernel.charts.chart import Chart, Format, Plot
from domain.kernel.charts.ground import frame
from domain.kernel.charts.map_names import MapNames
from domain.kernel.charts.render import to_svg
from domain.kernel.charts.vector import Words, record
from tests.grid.charts.test_drawing import _within, painted
from tests.grid.outages.report.sample import CMI, OTHER_CMI, at, case, network, outage, sample, zone


def charts_of(summary: ReplaySummary) -> list[Chart]:
    drawn = [
        restoration.restoration_curve(summary),
        zones.zone_bars(summary),
        options.option_comparison(summary),
        timeline.timeline_strip(summary),
        zone_map.network_figure(summary),
    ]
    return [chart for chart in drawn if chart is not None]


EVERY = [*charts_of(sample()), zone_map.network_figure(sample(map=network(placed=False)))]


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("chart", EVERY, ids=[chart.name for chart in EVERY if chart])
def test_no_word_leaves_the_picture(chart: Chart, form: Format) -> None:
    _within(painted(chart, form))


@pytest.mark.parametrize("form", list(Format))
def test_names_on_a_map_cover_no_other_name_however_near_their_places_lie(form: Format) -> None:
    places = np.array([(0.0, 0.0), (12.0, 3.0), (20.0, -9.0), (5.0, 14.0), (28.0, 8.0), (600.0, 40.0)])

    def paint(plot: Plot) -> None:
        axes = plot.axes(0, 0, 0, 0)
        frame(axes, plot, places[:, 0], places[:, 1], 46.0)
        names = MapNames(plot, axes)
        names.lines(places.reshape(3, 2, 2))
        for number, place in enumerate(places):
            names.name(place, f"FUSE-S{number} 24 %")

    drawn = zone_map.network_figure(sample())
    assert drawn is not None
    plot = painted(replace(drawn, paint=paint), form)
    _within(plot)
    boxes = [one.get_window_extent() for one in plot.figure.texts if one.get_text().startswith("FUSE-S")]
    assert len(boxes) == len(places)
    assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].overlaps(pair[1])]


@pytest.mark.parametrize("chart", EVERY, ids=[chart.name for chart in EVERY if chart])
def test_the_same_figure_stands_on_a_page_and_in_the_report(chart: Chart) -> None:
    assert "<svg" in to_svg(chart)
    recorded = record(chart)
    assert any(isinstance(mark, Words) for mark in recorded.marks)
    assert recorded == record(chart)


def test_the_area_between_the_curves_is_the_difference_in_customer_hours() -> None:
    saved, lost = restoration._curves(sample()).customer_hours()
    assert (saved, lost) == (pytest.approx((CMI - OTHER_CMI) / 60), 0.0)
    assert f"Could have saved {saved:,.0f} customer-hours" in words_in(restoration.restoration_curve(sample()))


def test_a_counterfactual_that_is_worse_is_drawn_as_lost() -> None:
    later = case(
        delta_cmi=6000.0, curve=[CurvePoint(at=at(0), customers_out=412), CurvePoint(at=at(260), customers_out=0)]
    )
    chart = restoration.restoration_curve(sample(counterfactual=[later]))
    assert "could have cost 100 customer-hours" in chart.title
    assert "Could have cost" in words_in(chart)


def test_both_curves_are_named_also_where_the_advised_one_runs_along_the_foot() -> None:
    # All would have been back at once: nothing is left between the dashed line and the axis for its name.
    early = case(curve=[CurvePoint(at=at(0), customers_out=412), CurvePoint(at=at(5), customers_out=0)])
    told = words_in(restoration.restoration_curve(sample(counterfactual=[early])))
    assert "Actual" in told
    assert "First option followed" in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"counterfactual": []}, "Supply was back for all after 3\u00a0h 28\u00a0min"),
        ({"counterfactual": [case(is_feasible=False)]}, "was not feasible and would have changed nothing"),
        ({"counterfactual": [case(delta_cmi=0.0)]}, "would have changed nothing"),
        (
            {"outage": outage(restored_at=None), "curve": [CurvePoint(at=at(0), customers_out=7)]},
            "7 customers were still",
        ),
    ],
)
def test_the_curve_tells_its_finding(changes: dict[str, object], words: str) -> None:
    assert words in restoration.restoration_curve(sample(**changes)).title


@pytest.mark.parametrize(
    ("quality", "words"),
    [
        (RankingQuality(true_zone_id="Z-F07-014", rank_of_true_zone=1), "and there the fault was"),
        (RankingQuality(true_zone_id="Z-F07-021", rank_of_true_zone=3), "the fault was in Z-F07-021, ranked 3 of 3"),
        (RankingQuality(true_zone_id="Z-9"), "Z-9, which was not ranked"),
        (RankingQuality(), "together at least 90\u00a0%"),
    ],
)
def test_the_ranking_is_told_against_the_truth(quality: RankingQuality, words: str) -> None:
    assert words in zones.finding(sample(ranking_quality=quality))


def test_phases_add_up_to_the_way_and_a_missing_end_joins_the_next() -> None:
    told = sample(milestones=[m for m in sample().milestones if m.code != "arrived"])
    phases = timeline.phases_of(told)
    assert [phase.name for phase in phases][2] == "travel, search"
    assert sum(phase.minutes for phase in phases) == pytest.approx(240.0)


def test_sections_follow_the_supply_and_a_loop_ends() -> None:
    edges = network(placed=False)
    loop = edges[1].model_copy(update={"edge_id": "L9", "from_node": "N3", "to_node": "N0"})
    found = sections_of([*edges, loop])
    assert sum(section.lines for section in found) == 5
    assert all(section.parent is None or section.parent < section.index for section in found)
    plain = sections_of(edges)
    assert (plain[0].zone_id, plain[0].depth) == ("Z-F07-014", 0)


def test_a_zone_without_a_place_makes_the_diagram_a_one_line() -> None:
    mixed = [*network()[:3], network(placed=False)[3]]
    chart = zone_map.network_figure(sample(map=mixed, zones=[zone(1, "Z-F07-021", 1.0, 1.0)]))
    assert chart is not None
    assert chart.name == "one-line"


def words_in(chart: Chart) -> str:
    return " ".join(mark.text for mark in record(chart).marks if isinstance(mark, Words))
