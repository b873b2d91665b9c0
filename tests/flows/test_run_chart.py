"""The chart of the last runs: one picture that needs no network, its figures in words beside it, and never large."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree as ET

import pytest

from flows.run_chart import chart
from tests.flows.reports import run

SVG = "{http://www.w3.org/2000/svg}"


def picture(markdown):
    """Return the picture in a chart, read as XML."""
    (found,) = re.findall(r"!\[[^\]]*\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)", markdown)
    return ET.fromstring(base64.b64decode(found))


def bars(root, colour):
    return [
        float(bar.get("height"))
        for bar in root.iter(f"{SVG}rect")
        if bar.get("fill") == colour and float(bar.get("y")) > 60
    ]


def test_the_picture_has_a_bar_for_each_run_and_says_what_it_shows():
    runs = [run(3, delivered=10, rejected=5, failed=1), run(2, state="interrupted"), run(1, delivered=20, seconds=30)]
    markdown = chart("a_to_b", runs)
    root = picture(markdown)
    assert root.find(f"{SVG}title").text == "The last runs of a_to_b"
    assert (
        root.find(f"{SVG}desc").text
        == "3 runs from 2026-03-04 06:06:07Z to 2026-03-04 08:06:07Z: 30 delivered, 5 rejected, 1 failed"
    )
    assert root.get("role") == "img"
    delivered = bars(root, "#0072b2")
    assert delivered == [125.0, 62.5]
    assert len(bars(root, "#e69f00")) == len(bars(root, "#b3261e")) == 1
    assert "| 2026-03-04 08:06:07Z | 10 | 5 | 1 | 10 s |  |" in markdown
    assert "| 2026-03-04 07:06:07Z | 0 | 0 | 0 |  | interrupted |" in markdown


def test_a_small_run_beside_a_large_one_can_be_seen():
    root = picture(chart("a_to_b", [run(2, delivered=1), run(1, delivered=20_000)]))
    assert min(bars(root, "#0072b2")) >= 1.5


@pytest.mark.parametrize("counts", [{}, {"delivered": 10**9, "rejected": 10**9, "failed": 10**9}])
def test_thirty_runs_stay_small_and_inside_the_picture_whatever_they_carried(counts):
    markdown = chart("a" * 200, [run(number, seconds=1e6, **counts) for number in reversed(range(30))])
    assert len(markdown) < 40_000
    for bar in picture(markdown).iter(f"{SVG}rect"):
        assert float(bar.get("x", "0")) + float(bar.get("width")) <= 720
        assert 0 <= float(bar.get("y", "0")) <= float(bar.get("y", "0")) + float(bar.get("height")) <= 330


def test_a_name_with_signs_of_xml_is_shown_as_it_is():
    assert picture(chart("a<b>&c", [run(1)])).find(f"{SVG}title").text == "The last runs of a<b>&c"


def test_without_an_ended_run_there_is_no_picture():
    assert "data:" not in chart("a_to_b", [run(1, state="running")])


def test_a_single_run_is_not_called_runs():
    markdown = chart("a_to_b", [run(1, delivered=20)])
    assert "a_to_b: the last run" in [text.text for text in picture(markdown).iter(f"{SVG}text")]
    assert markdown.startswith("![The last run of a\\_to\\_b;")
