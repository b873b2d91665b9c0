"""Whatever leaves, enters or changes places while a list is read: nothing is missed, and that costs few requests more."""

import pytest

from tests.flows.proving.ground import ground, sources

SOURCES = sources()
PAGE = 20
MOST = 1.3
"""How many times the requests that the same documents take when the list stands still."""


async def carry(name, folder, documents, **moving):
    """Carry so many documents; return (missing, carried, requests, requests for lists)."""
    async with ground(SOURCES[name], folder, **moving) as it:
        it.page = PAGE
        ids = it.account.add(documents)
        report = await it.run()
        assert report.complete, report
        lists = it.app.requests[it.subject.listing]
        return set(ids) - set(it.shelf.held), len(it.shelf.held), report.requests, lists


async def compared(name, folder, documents, drift, items):
    """Return what is missing, and requests as (moving, still), of all calls and of lists alone."""
    most = documents // 2 if drift == "enter" else documents // PAGE
    missing, carried, *moved = await carry(
        name, folder / "moving", documents, drift=drift, drift_items=items, drift_most=most
    )
    _, same, *still = await carry(name, folder / "still", carried)
    assert same == carried
    return missing, list(zip(moved, still, strict=True))


@pytest.mark.parametrize("drift", ["leave", "enter", "reorder"])
@pytest.mark.parametrize("name", SOURCES)
async def test_a_list_that_moves_is_read_without_a_gap_and_almost_as_cheaply(tmp_path, name, drift):
    missing, [(moved, still), _] = await compared(name, tmp_path, 2 * PAGE + 5, drift, 10)
    assert not missing
    assert moved <= MOST * still


@pytest.mark.soak
@pytest.mark.parametrize("items", [10, "all"])
@pytest.mark.parametrize("drift", ["leave", "enter", "reorder"])
@pytest.mark.parametrize("name", SOURCES)
async def test_a_long_list_that_moves_is_read_without_a_gap_and_almost_as_cheaply(
    tmp_path, name, drift, items, soak_line
):
    missing, [(moved, still), lists] = await compared(name, tmp_path, 10 * PAGE, drift, items)
    figures = f"{name}, {items} {drift}: {len(missing)} missing, {moved} requests for {still} (lists {lists[0]} for {lists[1]})"
    soak_line("lists that move are read whole, for at most 1.3 times the requests", figures)
    assert not missing
    assert moved <= MOST * still
