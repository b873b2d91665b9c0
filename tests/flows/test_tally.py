"""A tally counts as a plain dictionary of fates would, in a byte per document."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from flows.tally import Fate, Tally

IDS = st.integers(0, 600)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("list"), st.lists(IDS, max_size=5), st.sampled_from([Fate.WAITING, Fate.UNCHANGED])),
        st.tuples(st.just("decide"), IDS, st.sampled_from(list(Fate))),
    ),
    max_size=40,
)


class Plain:
    """The same said with dictionaries and sets."""

    def __init__(self):
        self.fates, self.sent, self.listed, self.tried = {}, {}, set(), set()

    def list(self, ids, fate):
        for one in ids:
            self.listed.add(one)
            if fate is Fate.WAITING or one not in self.fates:
                self.fates[one] = fate

    def decide(self, one, fate):
        if fate in (Fate.DELIVERED, Fate.UPDATED, Fate.UNCHANGED):
            fate = self.sent.get(one, fate)
        if fate in (Fate.DELIVERED, Fate.UPDATED):
            self.sent[one] = fate
        (self.tried.add if fate is Fate.WAITING else self.tried.discard)(one)
        self.fates[one] = fate


@given(STEPS)
def test_it_counts_like_dictionaries_and_sets(steps):
    tally, plain = Tally(), Plain()
    for what, *rest in steps:
        getattr(tally, what)(*rest)
        getattr(plain, what)(*rest)
    assert +tally.counts() == Counter(plain.fates.values())
    assert (tally.listed, tally.touched, tally.tried) == (len(plain.listed), len(plain.fates), len(plain.tried))
    assert tally.settled == sum(fate is not Fate.WAITING for fate in plain.fates.values())
    assert {one for one in range(601) if tally.handled(one)} == {
        one for one, fate in plain.fates.items() if fate is not Fate.WAITING
    }


def test_ids_far_apart_are_counted_as_well():
    tally = Tally()
    tally.list([1, 10**12], Fate.WAITING)
    tally.decide(10**12, Fate.DELIVERED)
    assert (tally.listed, tally.settled) == (2, 1)


def test_why_a_document_was_rejected_stands_before_what_the_source_said_to_that():
    tally = Tally()
    tally.explain("d", Fate.REJECTED, "no tax number")
    for _ in range(2):
        tally.explain_further("d", Fate.REJECTED, "the source refused to be told 'rejected': 409")
    assert tally.problems["d"].reason == "no tax number; the source refused to be told 'rejected': 409"
    tally.explain_further("d", Fate.DELIVERED, "the source refused to be told 'delivered': 409")
    assert tally.problems["d"].reason.startswith("the source refused"), "it went through after all"
