"""The door: whoever may have lost the right to write sends nothing, however far it had got."""

import asyncio

import pytest

from connectors import fence
from connectors.errors import TransientError
from tests.connectors.holds import Hold, LostError

_LARGE = b"x" * 2**17
"""A body that is written by a task of its own, which asks a third time."""


async def answering(loopback):
    async def handler(request, writer):
        return loopback.reply(201 if request.method == "POST" else 200)

    return await loopback.api(handler)


@pytest.mark.parametrize("content", [b"", b"a body", [b"in ", b"parts"]], ids=["no body", "a body", "an upload"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_no_request_that_changes_something_leaves_once_the_right_is_lost(loopback, method, content):
    async def parts():
        for part in content:
            yield part

    api = await answering(loopback)
    with fence.held_by(Hold()), pytest.raises(LostError):
        await api.call(method, "/contracts/", content=parts if isinstance(content, list) else content)
    assert loopback.arrived == []
    assert api.requests == 0


@pytest.mark.parametrize(("looks", "content"), [(1, b""), (1, b"a body"), (2, _LARGE)])
async def test_the_right_may_be_lost_while_the_connection_is_made(loopback, looks, content):
    api = await answering(loopback)
    with fence.held_by(Hold(looks)), pytest.raises(LostError):
        await api.call("POST", "/contracts/", content=content)
    assert loopback.arrived == []


async def test_reading_needs_no_right(loopback):
    api = await answering(loopback)
    with fence.held_by(Hold()):
        assert (await api.call("GET", "/contracts/")).status == 200


async def test_a_right_that_is_proven_again_lets_the_request_pass(loopback):
    api = await answering(loopback)
    hold = Hold(lost=False)
    with fence.held_by(hold):
        assert (await api.call("POST", "/contracts/", json={})).status == 201
    assert hold.proven > 0
    assert len(loopback.arrived) == 1


@pytest.mark.parametrize("lost", [True, False])
async def test_a_proof_that_came_too_late_is_none(loopback, lost):
    api = await answering(loopback)
    hold = Hold(1, lost=lost, late=1)
    with fence.held_by(hold):
        if lost:
            with pytest.raises(LostError):
                await api.call("POST", "/contracts/", json={})
        else:
            await api.call("POST", "/contracts/", json={})
    assert (hold.proven, len(loopback.arrived)) == (2, 0 if lost else 1)


async def test_an_upload_ends_in_the_middle_when_the_right_is_lost(loopback):
    """The announced length tells the far end that it is not whole."""
    sent = []

    async def parts():
        for part in (b"x" * 1000,) * 10:
            sent.append(part)
            yield part
            await asyncio.sleep(0.01)

    api = await answering(loopback)
    with fence.held_by(Hold(6)), pytest.raises(LostError):
        await api.call("POST", "/files/", content=parts, headers={"content-length": "10000"})
    assert 0 < len(sent) < 10
    assert loopback.arrived == []


async def test_tasks_that_are_begun_inside_are_held_too_and_those_outside_are_not(loopback):
    api = await answering(loopback)

    async def send():
        await api.call("POST", "/contracts/", json={})

    async def inside():
        with fence.held_by(Hold()):
            await asyncio.create_task(send())

    lost, none = await asyncio.gather(inside(), send(), return_exceptions=True)
    assert (type(lost), none) == (LostError, None)
    assert len(loopback.arrived) == 1


async def test_a_connection_that_cannot_be_had_is_no_matter_of_the_right(loopback):
    api = loopback.client("http://127.0.0.1:1", attempts=1)
    with fence.held_by(Hold(100)), pytest.raises(TransientError):
        await api.call("POST", "/contracts/", json={})
