"""Every provider to every other one, and the example to and from one: routes of a few lines, run against the sandboxes."""

from itertools import permutations

import pytest

from connectors.sandbox_faults import Fault
from tests.flows.pairs import pair

SOURCES = {
    "hypatos": ("hypatos.documents", "{{ id }}", "feedback: {delivered: {transfer: true}, rejected: {reject: no}}"),
    "contractfit": ("contractfit.documents", "{{ id }}", "feedback: {delivered: {escalate: true}}"),
    "documine": ("documine.files", "{{ name }}", ""),
    "zefort": ("zefort.contracts", "{{ id }}", 'feedback: {delivered: {note: "sent as {{ external_id }}"}}'),
    "example": ("example.documents", "{{ title }}", 'feedback: {delivered: {exported: "{{ external_id }}"}}'),
}
DESTINATIONS = {
    "hypatos": ("hypatos.documents", "title"),
    "contractfit": ("contractfit.documents", "title"),
    "documine": ("documine.files", "name"),
    "zefort": ("zefort.contracts", "attributes.title"),
    "example": ("example.documents", "title"),
}
PROVIDERS = ("hypatos", "contractfit", "documine", "zefort")
PAIRS = [*permutations(PROVIDERS, 2), ("example", "zefort"), ("zefort", "example")]


def route(source, destination):
    """Write the smallest route between two providers."""
    stream, title, feedback = SOURCES[source]
    target, field = DESTINATIONS[destination]
    return f"source: {stream}\ndestination: {target}\nfields:\n  {field}: {{ template: '{title}' }}\n{feedback}\n"


@pytest.mark.parametrize(("source", "destination"), PAIRS, ids=["-".join(names) for names in PAIRS])
async def test_each_document_arrives_once_and_stays_once(tmp_path, monkeypatch, source, destination):
    async with pair(tmp_path, monkeypatch, source, destination, route(source, destination)) as it:
        delivered = await it.finish()
        assert delivered >= 3
        it.arrived_once(delivered)
        again = await it.run()
        assert (again.delivered, again.updated, again.complete) == (0, 0, True)
        it.arrived_once(delivered)


@pytest.mark.parametrize(("source", "destination"), PAIRS, ids=["-".join(names) for names in PAIRS])
async def test_lost_answers_on_both_sides_lose_and_double_nothing(tmp_path, monkeypatch, source, destination):
    async with pair(tmp_path, monkeypatch, source, destination, route(source, destination)) as it:
        lost = [Fault("act_then_drop", "POST", "*", every=3, times=6) for _ in range(2)]
        cut = [Fault("cut", "GET", "*", every=7, times=4) for _ in range(2)]
        for app, *faults in zip((it.source, it.destination), lost, cut, strict=True):
            app.shared.faults.extend(faults)
        delivered = await it.finish()
        assert lost[1].struck >= 2
        assert delivered >= 3
        it.arrived_once(delivered)
