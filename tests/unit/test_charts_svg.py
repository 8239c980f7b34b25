"""Charts: markup that says what the numbers say, and nothing that a name could add to it."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.charts.svg import (
    HEIGHT,
    Layer,
    Mark,
    column_chart,
    legend,
    load_chart,
    scatter_chart,
    stacked_chart,
)

HOSTILE = '<script>alert("1")</script>&\''

values = st.lists(st.floats(0, 1e6), min_size=1, max_size=30)


def parsed(chart):
    return ET.fromstring(str(chart))


def drawn(chart, tag, colour=""):
    return [each for each in parsed(chart).iter(tag) if colour in each.get("class", "")]


def texts(chart, colour):
    return [each.text for each in drawn(chart, "text", colour)]


def corners(points):
    return [tuple(map(float, point.split(","))) for point in points.split(" ")]


def test_names_are_escaped_wherever_they_stand():
    layer = Layer(HOSTILE, "callbacks", [1, 2])
    made = [
        load_chart(HOSTILE, [layer], layer, [Mark(0, HOSTILE)], unit=HOSTILE),
        scatter_chart(HOSTILE, [(1, 1)], across=HOSTILE, down=HOSTILE),
        column_chart(HOSTILE, [layer], [Mark(0.5, HOSTILE)], unit=HOSTILE, names=[HOSTILE, HOSTILE]),
        stacked_chart(HOSTILE, [layer], [Mark(0.5, HOSTILE)], unit=HOSTILE, names=[HOSTILE, HOSTILE]),
        legend([layer]),
    ]
    for chart in made:
        assert "<script" not in chart
        assert HOSTILE in "".join(parsed(chart).itertext())


def test_areas_lie_on_top_of_each_other():
    chart = load_chart("Load", [Layer("one", "callbacks", [1, 2]), Layer("other", "holders", [3, 2])], None, [])
    lower, upper = drawn(chart, "polygon")
    assert corners(lower.get("points"))[:4] == [(0, 800), (500, 800), (500, 600), (1000, 600)]
    assert corners(upper.get("points")) == [(0, 200), (1000, 200), (1000, 600), (500, 600), (500, 800), (0, 800)]
    assert texts(chart, "tick") == ["0", "1", "2", "3", "4", "5"]


def test_a_line_goes_in_steps():
    chart = load_chart("Load", [], Layer("staff", "staff", [0, 0, 5]), [])
    (line,) = drawn(chart, "path", "staff")
    assert line.get("d") == "M0,1000 L666.67,1000 L666.67,166.67 L1000,166.67"


def test_points_lie_on_the_diagonal_when_both_are_the_same():
    chart = scatter_chart("Promises", [(0, 0), (4, 4), (4, 1)], across="told", down="waited")
    places = [
        (float(dot.get("cx").rstrip("%")) / 100, 1 - float(dot.get("cy")) / HEIGHT) for dot in drawn(chart, "circle")
    ]
    assert places == [pytest.approx(place, abs=0.001) for place in [(0, 0), (0.8, 0.8), (0.8, 0.2)]]


def test_columns_stand_on_top_of_each_other():
    layers = [Layer("sms", "callbacks", [1, 0]), Layer("web", "holders", [3, 4])]
    chart = stacked_chart("Volumes", layers, [], names=["Monday", "Tuesday"])
    columns = drawn(chart, "rect")
    assert [column.find("title").text for column in columns] == ["Monday: sms 1", "Monday: web 3", "Tuesday: web 4"]
    edges = [(float(c.get("y")) / HEIGHT, float(c.get("height")) / HEIGHT) for c in columns]
    assert edges == [(0.8, 0.2), (0.2, 0.6), (0.2, 0.8)]  # of a scale to 5
    assert [c.get("x") for c in columns] == ["5%", "5%", "55%"]
    assert not drawn(stacked_chart("Volumes", [], [], names=[]), "rect")


def test_columns_stand_side_by_side_and_tell_their_value():
    layers = [Layer("callbacks", "callbacks", [50, 0]), Layer("holders", "holders", [25, 100])]
    chart = column_chart("Waits", layers, [], unit=" %", names=["0 to 1", "1 to 2"], top=100)
    columns = drawn(chart, "rect")
    told = [column.find("title").text for column in columns]
    assert told == ["0 to 1: callbacks 50 %", "0 to 1: holders 25 %", "1 to 2: holders 100 %"]
    assert [float(column.get("height")) / HEIGHT for column in columns] == [0.5, 0.25, 1.0]
    edges = [(float(c.get("x").rstrip("%")), float(c.get("width").rstrip("%"))) for c in columns]
    assert all(
        x + width <= next_x + 0.02 for (x, width), (next_x, _) in zip(sorted(edges), sorted(edges)[1:], strict=False)
    )


def test_marks_stand_where_they_belong_and_minor_ones_can_be_left_out():
    chart = load_chart("Load", [Layer("one", "holders", [1])], None, [Mark(0, "08:00"), Mark(0.5, "09:00", minor=True)])
    assert [(mark.get("x"), mark.text) for mark in drawn(chart, "text", "mark")] == [("0%", "08:00"), ("50%", "09:00")]
    assert texts(chart, "minor") == ["09:00"]


def test_nothing_to_show_is_an_empty_chart():
    for chart in (
        load_chart("Load", [], None, []),
        scatter_chart("Promises", [], across="told", down="waited"),
        column_chart("Waits", [], [], unit="", names=[]),
    ):
        assert drawn(chart, "text", "tick")
        assert not drawn(chart, "polygon") + drawn(chart, "circle") + drawn(chart, "rect")


@given(values)
def test_everything_stays_inside_and_the_scale_is_no_larger_than_needed(numbers):
    chart = load_chart("Load", [Layer("one", "holders", numbers)], None, [])
    heights = [y for _, y in corners(drawn(chart, "polygon")[0].get("points"))]
    assert min(heights) >= 0
    assert max(heights) <= 1000
    if max(numbers) > 1e-3:
        assert 1000 - min(heights) >= 400
    assert 2 <= len(texts(chart, "tick")) <= 7


def test_a_chart_has_a_name_and_no_fixed_colour():
    chart = load_chart("Load", [Layer("one", "holders", [1])], None, [])
    assert parsed(chart).get("aria-label") == parsed(chart).find("title").text == "Load"
    assert not re.search(r'(fill|stroke|style)="', chart)
