"""How long the source waited for its messages, without a list of all of them."""

import math
import sys

from hypothesis import example, given
from hypothesis import strategies as st

from flows.artifacts import summary
from flows.lags import Lags
from flows.output import span
from flows.tally import Report
from tests.flows.world import world

waits = st.lists(st.floats(0.0011, 9e7), min_size=1, max_size=200)


@given(waits, st.floats(0.01, 1.0))
@example([1.0], 0.5)
def test_a_quantile_is_the_exact_one_within_two_and_a_half_percent(seconds, part):
    lags = Lags()
    for each in seconds:
        lags.add(each)
    exact = sorted(seconds)[max(1, math.ceil(part * len(seconds))) - 1]
    assert abs(lags.quantile(part) / exact - 1) < 0.0251


def test_where_nobody_waited_there_is_no_quantile():
    assert Lags().quantile(0.95) is None


def test_what_is_out_of_all_bounds_counts_as_the_shortest_or_the_longest():
    lags = Lags()
    for each in (-5.0, 0.0, 1e12):
        lags.add(each)
    assert lags.quantile(0.5) < 0.0011
    assert 0.97e8 < lags.quantile(1.0) < 1.03e8


def sizes(lags):
    """Return how many bytes it and what it holds take."""
    return sum(sys.getsizeof(held) for held in vars(lags).values())


def test_a_million_messages_take_no_more_room_than_one():
    lags = Lags()
    before = sizes(lags)
    for number in range(1_000_000):
        lags.add(number / 1000)
    assert sizes(lags) == before < 6000
    assert abs(lags.quantile(0.95) / 950 - 1) < 0.025


async def test_the_report_says_how_long_the_source_had_waited_and_nothing_if_it_was_told_nothing(tmp_path):
    async with world(tmp_path) as it:
        report = await it.run()
        assert report.acknowledged > 1
        shown = report.as_json()
        assert 0 < shown["feedback_lag_p50"] <= shown["feedback_lag_p95"] < report.seconds * 1.05
        assert "half of it within" in summary(report)
        assert Report.from_json(shown).feedback_lag_p95 == shown["feedback_lag_p95"]
        again = (await it.finish(1)).as_json()
        assert (again["acknowledged"], again["feedback_lag_p50"], again["feedback_lag_p95"]) == (0, None, None)


def test_a_length_of_time_is_shown_in_a_unit_of_its_own():
    assert [span(one) for one in (0.04, 9.94, 45, 119, 7199, 7200, 400_000)] == [
        "0.04 s", "9.94 s", "45 s", "119 s", "120 min", "2 h", "4.63 days",
    ]  # fmt: skip
