"""What a server understands of a request for a list, where one row is enough to break it."""

import httpx
import pytest

from connectors.contractfit.sandbox import ContractfitSandbox, Switches

LISTED = ("processed", "done", "submitted", "rejected", "failed")
SMALL = {"page_size": 10}


class Poisoned(httpx.AsyncBaseTransport):
    """The way to the sandbox, on which `poisons` says which requests for a page of a list are answered with `status`."""

    def __init__(self, app, status, poisons):
        self.inner, self.status, self.poisons = httpx.ASGITransport(app), status, poisons
        self.asked = []

    async def handle_async_request(self, request):
        if not request.url.path.endswith("/paginated"):
            return await self.inner.handle_async_request(request)
        self.asked.append((int(request.url.params["page"]), "x-fields" in request.headers))
        if self.poisons(int(request.url.params["page"]), request):
            return httpx.Response(self.status, json={"message": "Mask error"}, headers={"retry-after": "0"})
        return await self.inner.handle_async_request(request)


def masked(request):
    return "x-fields" in request.headers


def ordered(request):
    return "order_by" in request.url.params


@pytest.fixture
def poisoned(open_account):
    async def open_it(documents, status, poisons, **switches):
        app = ContractfitSandbox(documents, 7, Switches(**switches))
        way = Poisoned(app, status, poisons)
        return await open_account(app=app, transport=way, settings=SMALL), way

    return open_it


@pytest.mark.parametrize("status", [400, 422, 500])
@pytest.mark.parametrize("number", [1, 2, 3])
async def test_a_row_that_breaks_the_mask_costs_its_page_the_mask_and_nothing_else(poisoned, status, number):
    account, way = await poisoned(120, status, lambda page, request: page == number and masked(request))
    changes, cursor, _ = await account.read()
    assert {change.document_id for change in changes} == account.expected(*LISTED)
    assert cursor
    assert (4, False) not in way.asked or number == 1


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("order", ["newest", "shuffled"])
async def test_a_row_that_breaks_the_order_of_a_later_page_makes_the_list_be_read_anew(poisoned, status, order):
    account, _ = await poisoned(120, status, lambda page, request: page > 1 and ordered(request), order=order)
    changes, cursor, _ = await account.read()
    assert {change.document_id for change in changes} == account.expected(*LISTED)
    assert cursor


async def test_a_list_without_rows_settles_nothing(poisoned):
    poison = []
    account, _ = await poisoned(0, 400, lambda _, request: bool(poison) and (masked(request) or ordered(request)))
    assert await account.ids() == []
    added = account.add(received=-3600.0)
    poison.append(1)
    assert await account.ids() == [added]


@pytest.mark.parametrize("status", [400, 500])
async def test_a_page_that_nobody_can_ask_for_is_a_fault(poisoned, status):
    account, way = await poisoned(120, status, lambda page, _: page == 2)
    with pytest.raises(Exception, match=str(status)):
        await account.read()
    assert len(way.asked) < 12
