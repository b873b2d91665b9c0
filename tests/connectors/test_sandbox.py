"""What all sandboxes promise: faults that are real, switches that are checked, a control plane that stays out of it."""

from __future__ import annotations

import asyncio
import socket
import time

import httpx
import pytest

from connectors.hypatos.sandbox import HypatosSandbox, Switches
from connectors.sandbox import serve
from connectors.sandbox_faults import Fault
from connectors.zefort.sandbox import Switches as ZefortSwitches
from connectors.zefort.sandbox import ZefortSandbox
from tests.connectors.sandbox_clients import zefort


async def test_a_dropped_request_breaks_the_connection_and_has_no_effect():
    async with zefort(faults=[Fault("drop", "POST", "/tags/")]) as (app, client):
        before = len(app.store.tags)
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("tags/", json={"tag_name": "new"})
        assert len(app.store.tags) == before
        assert app.state()["requests"]["by_status"] == {"0": 1}


async def test_act_then_drop_has_its_effect_and_gives_no_answer():
    async with zefort(faults=[Fault("act_then_drop", "POST", "/tags/")]) as (app, client):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("tags/", json={"tag_name": "new"})
        assert "new" in {tag.name for tag in app.store.tags.values()}


async def test_a_cut_answer_announces_more_than_it_brings():
    async with zefort(faults=[Fault("cut", "POST", "/tags/")]) as (app, client):
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            await client.post("tags/", json={"tag_name": "new"})
        assert "new" in {tag.name for tag in app.store.tags.values()}


async def test_after_a_broken_connection_the_next_request_is_served():
    async with zefort(faults=[Fault("drop", times=1)]) as (_, client):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("tags/")
        assert (await client.get("tags/")).status_code == 200


async def test_garbled_json_cannot_be_read():
    async with zefort(faults=[Fault("garbled")]) as (_, client):
        answer = await client.get("tags/")
        assert answer.status_code == 200
        with pytest.raises(ValueError, match=r"Unterminated|Expecting|decode"):
            answer.json()


async def test_a_web_page_comes_instead_of_an_answer_and_nothing_happens():
    async with zefort(faults=[Fault("html", "POST")]) as (app, client):
        before = len(app.store.tags)
        answer = await client.post("tags/", json={"tag_name": "new"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert len(app.store.tags) == before


@pytest.mark.parametrize("act", [False, True])
async def test_a_server_error_comes_without_or_after_the_effect(act):
    async with zefort(faults=[Fault("status", "POST", status=503, act=act)]) as (app, client):
        answer = await client.post("tags/", json={"tag_name": "new"})
        assert (answer.status_code, answer.content) == (503, b"")
        assert ("new" in {tag.name for tag in app.store.tags.values()}) is act


async def test_a_429_carries_the_headers_it_was_given():
    async with zefort(faults=[Fault("status", status=429, headers={"retry-after": "3"}, nth=2)]) as (_, client):
        assert (await client.get("tags/")).status_code == 200
        answer = await client.get("tags/")
        assert (answer.status_code, answer.headers["retry-after"], answer.content) == (429, "3", b"")
        assert (await client.get("tags/")).status_code == 200


async def test_credentials_can_die_at_the_nth_request():
    async with zefort(faults=[Fault("status", status=401, first=3)]) as (_, client):
        statuses = [(await client.get("tags/")).status_code for _ in range(5)]
        assert statuses == [200, 200, 401, 401, 401]


@pytest.mark.parametrize(
    ("rule", "hit"),
    [
        ({"nth": 3}, [3]),
        ({"first": 2, "every": 3}, [2, 5, 8]),
        ({"every": 2, "times": 2}, [1, 3]),
        ({"method": "POST"}, []),
        ({"path": "/tags/*"}, []),
        ({"path": "/t*"}, [1, 2, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_a_rule_strikes_the_requests_it_names(rule, hit):
    fault = Fault("drop", **rule)
    assert [number for number in range(1, 9) if fault.strikes("GET", "/tags")] == hit
    assert fault.struck == len(hit)


def test_a_chance_is_the_same_chance_for_the_same_seed():
    first, second, other = (Fault("drop", probability=0.5, seed=seed) for seed in (1, 1, 2))
    rolls = [[fault.strikes("GET", "/") for _ in range(200)] for fault in (first, second, other)]
    assert rolls[0] == rolls[1] != rolls[2]
    assert 60 < sum(rolls[0]) < 140


async def test_delay_drip_and_latency_take_their_time():
    async with zefort(faults=[Fault("delay", path="/tags/", seconds=0.15), Fault("drip", seconds=0.15)]) as (
        app,
        client,
    ):
        for path in ("tags/", "binders/"):
            start = time.perf_counter()
            answer = await client.get(path)
            assert (answer.status_code, time.perf_counter() - start >= 0.15) == (200, True)
            assert answer.json()["results"]
        app.switches.faults, app.switches.latency = [], 0.1
        start = time.perf_counter()
        await asyncio.gather(*(client.get("tags/") for _ in range(5)))
        assert 0.1 <= time.perf_counter() - start < 0.45
        assert app.most_at_once == 5


async def test_leaving_cancels_requests_that_are_still_running():
    app = ZefortSandbox(ZefortSwitches(latency=60))
    async with httpx.AsyncClient(auth=(app.api_key, "")) as client:
        async with serve({"zefort": app}) as urls:
            running = asyncio.create_task(client.get(urls["zefort"] + "tags/"))
            await asyncio.sleep(0.1)
            assert app.at_once == 1
        with pytest.raises(httpx.TransportError):
            await running
        with pytest.raises(httpx.ConnectError):
            await client.get(urls["zefort"] + "tags/")


async def test_answers_are_not_held_back_by_nagle():
    seen = []

    async def app(scope, receive, send):
        sock = scope["state"]["sandbox.transport"].get_extra_info("socket")
        seen.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    async with serve({"bare": app}) as urls, httpx.AsyncClient(verify=False) as client:
        assert (await client.get(urls["bare"])).status_code == 204
    assert seen[0]


async def test_a_taken_port_is_an_error():
    app = ZefortSandbox()
    async with serve({"zefort": app}) as urls:
        port = httpx.URL(urls["zefort"]).port
        with pytest.raises(OSError, match="in use"):
            async with serve({"zefort": app}, ports={"zefort": port}):
                pass


async def test_the_control_plane_is_never_faulted_and_never_counted():
    async with zefort(faults=[Fault("drop")]) as (app, client):
        state = (await client.get("_sandbox/state", auth=("", ""))).json()
        assert state["requests"]["total"] == 0
        assert (await client.post("_sandbox/switches", json={"faults": [], "index_lag": 2})).status_code == 200
        assert (await client.get("tags/")).status_code == 200
        assert app.switches.index_lag == 2.0
        state = (await client.get("_sandbox/state")).json()
        assert state["requests"]["by_endpoint"] == {"GET /tags/": 1}
        assert [entry[1:] for entry in state["requests"]["log"]] == [["GET /tags/", "/tags/", 200]]


async def test_faults_can_be_set_from_outside():
    async with zefort() as (app, client):
        rule = {"kind": "status", "method": "GET", "path": "/tags/", "status": 500, "times": 1}
        assert (await client.post("_sandbox/switches", json={"faults": [rule]})).status_code == 200
        assert [(await client.get("tags/")).status_code for _ in range(2)] == [500, 200]
        assert app.struck == {"status": 1}


@pytest.mark.parametrize(
    "body",
    [
        {"no_such_switch": 1},
        {"index_lag": "soon"},
        {"drift": "sideways"},
        {"faults": [{"kind": "drop", "methode": "GET"}]},
        {"faults": [{"kind": "explode"}]},
        {"latency": 1, "no_such_switch": 1},
    ],
)
async def test_a_switch_that_does_not_exist_or_fit_changes_nothing(body):
    async with zefort() as (app, client):
        answer = await client.post("_sandbox/switches", json=body)
        assert answer.status_code == 400
        assert answer.json()["error"]
        assert app.switches == ZefortSwitches()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("reset", {"documents": 3, "seed": 1}, 200),
        ("reset", {"docs": 3}, 400),
        ("reset", {"documents": "3"}, 400),
        ("act", {"dance": True}, 400),
        ("act", {"delete": "nobody"}, 400),
        ("nonsense", {}, 404),
    ],
)
async def test_the_control_plane_refuses_what_it_does_not_know(path, body, status):
    app = HypatosSandbox(5)
    async with serve({"hypatos": app}) as urls, httpx.AsyncClient(base_url=urls["hypatos"], verify=False) as client:
        assert (await client.post(f"/_sandbox/{path}", json=body)).status_code == status
        assert len(app.store.records) == (3 if status == 200 else 5)


async def test_two_sandboxes_are_served_side_by_side_on_their_own_ports():
    apps = {"hypatos": HypatosSandbox(3, switches=Switches(quota=0)), "zefort": ZefortSandbox()}
    async with serve(apps) as urls, httpx.AsyncClient() as client:
        assert urls["hypatos"].endswith("/v2")
        assert urls["zefort"].endswith("/api/")
        states = [(await client.get(f"{url.rstrip('/')}/_sandbox/state")).json() for url in urls.values()]
        assert ["documents" in state for state in states] == [True, False]


async def test_an_in_process_client_sees_a_reset_connection():
    app = ZefortSandbox(ZefortSwitches(faults=[Fault("drop")]))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox/api/") as client:
        with pytest.raises(ConnectionResetError):
            await client.get("tags/")


async def test_a_client_that_leaves_while_it_uploads_is_no_error_of_the_sandbox(caplog):
    app = HypatosSandbox(0, 7, Switches(quota=0))
    async with serve({"hypatos": app}) as urls:
        url = httpx.URL(urls["hypatos"])
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(b"POST /v2/auth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.2)
        assert app.at_once == 0
    assert not caplog.records
    assert await reader.read() == b""
