"""The suite notices when a connector breaks: nine in ten scripted breaks, eight in ten of each, in copies of the tree."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.contract.discovery import subjects
from tests.contract.mutations import attempt, breaks, problem, table

WITHOUT: dict[str, str] = {
    "folder.disk.destination": "its code is that of folder.store but for the disk itself, whose faults are tested by kill -9",
}
"""Subjects that have no scripted breaks, and the reason."""
AT_ONCE = 2
"""Copies that are tried at the same time."""


def test_every_subject_has_ten_breaks_or_a_reason_to_have_none():
    listed = breaks()
    for subject in subjects():
        assert subject.name in WITHOUT or len(listed.get(subject.name, ())) >= 10, subject.name


@pytest.mark.parametrize("broken", [one for each in breaks().values() for one in each], ids=lambda one: one.what)
def test_every_break_can_still_be_made(broken):
    assert problem(broken) is None


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("connector", breaks())
def test_nothing_is_caught_where_nothing_is_broken(connector):
    listed = breaks()[connector]
    promises = " or ".join(one.promises for one in listed)
    nothing = replace(listed[0], what="nothing is broken", new=listed[0].old, promises=promises)
    assert attempt(connector, nothing).by == ()


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_nine_in_ten_breaks_are_caught_and_eight_in_ten_of_every_connector(capsys):
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = list(
            pool.map(lambda one: attempt(*one), [(name, one) for name in breaks() for one in breaks()[name]])
        )
    with capsys.disabled():
        print(f"\n{table(verdicts)} in {time.monotonic() - began:.0f} s")  # noqa: T201 -- what `make mutate` is called for
    assert sum(one.caught for one in verdicts) >= 0.9 * len(verdicts)
    for connector in breaks():
        mine = [one.caught for one in verdicts if one.connector == connector]
        assert sum(mine) >= 0.8 * len(mine), connector
