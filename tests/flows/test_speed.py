"""How fast a run gets on: the rate of the last while, and what that means for the rest."""

from __future__ import annotations

from flows.speed import Speed
from flows.tally import Fate, Tally


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self):
        return self.now


def watched(documents):
    tally, clock = Tally(), Clock()
    tally.list(range(documents), Fate.WAITING)
    return tally, clock, Speed(tally, clock=clock)


def settle(tally, clock, speed, documents, seconds):
    """Have documents settled one by one, evenly over so many seconds."""
    first = tally.settled
    for number in range(documents):
        clock.now += seconds / documents
        tally.decide(first + number, Fate.DELIVERED)
        speed.look()


def test_how_far_how_fast_and_how_long_still():
    tally, clock, speed = watched(3000)
    settle(tally, clock, speed, 1240, 22.0)
    assert speed.words() == "1,240 of about 3,000, 56.4/s, about 31.2 s left"
    assert round(speed.percent, 1) == 41.3


def test_nothing_is_promised_before_anything_is_known():
    tally, clock, speed = watched(10)
    assert speed.words() == "0 of about 10"
    settle(tally, clock, speed, 5, 1.0)
    assert speed.words() == "5 of about 10"
    assert Speed(Tally()).words() == "nothing listed so far"


def test_a_provider_that_slows_down_is_seen_and_old_haste_is_forgotten():
    tally, clock, speed = watched(10_000)
    settle(tally, clock, speed, 3000, 30.0)
    settle(tally, clock, speed, 60, 60.0)
    assert round(speed.rate) == 1
    clock.now += 120
    speed.look()
    assert speed.rate is None
    assert speed.words() == "3,060 of about 10,000"


def test_when_all_is_settled_it_is_said_what_the_source_has_heard():
    tally, clock, speed = watched(4)
    settle(tally, clock, speed, 4, 4.0)
    tally.told = 3
    assert speed.words() == "all 4 settled so far, 3 acknowledged to the source"
    assert speed.left is None


def test_a_run_that_ended_before_all_was_settled_promises_nothing_more():
    tally, clock, speed = watched(48)
    settle(tally, clock, speed, 40, 20.0)
    tally.told = 35
    assert "left" in speed.words()
    assert speed.last_words() == "ended at 40 of 48 settled, 35 acknowledged to the source"
    settle(tally, clock, speed, 8, 4.0)
    assert speed.last_words() == speed.words() == "all 48 settled so far, 35 acknowledged to the source"
