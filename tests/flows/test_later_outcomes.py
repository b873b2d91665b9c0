"""What people do at the far end after the delivery: the source hears of each thing once, in order, as the route declares."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Outcome, Result, State
from connectors.later import later_outcomes
from connectors.sandbox_faults import Fault
from flows.later import news
from flows.policy import DAY, Policy
from mappings.language import RouteError
from mappings.language.model import FEEDBACK_WORDS, LATER_WORDS
from state.records import LATER
from tests.flows.pairs import pair

DESTINATIONS = {
    "zefort.contracts": "attributes.title",
    "contractfit.documents": "title",
    "documine.files": "name",
    "hypatos.documents": "title",
    "example.documents": "title",
}
BACK = ["delivered", "confirmed"]


def sign(app, id_):
    """Have a contract signed."""
    esign = app.act({"esign": id_})["id"]
    app.act({"esign_status": esign, "to": "completed"})


def fail(app, id_):
    """Have a document analysed again, which fails this time."""
    app.act({"set": id_, "state": "submitted", "value": False})
    app.act({"finish": id_, "ends_in": "failed"})


LIVES = {
    "zefort.contracts": [
        (lambda app, id_: app.act({"edit": id_, "attributes": {"title": "As a person calls it"}}), ["edited"]),
        (lambda app, id_: app.act({"status": id_, "to": "done"}), ["accepted"]),
        (sign, ["signed"]),
        (lambda app, id_: app.act({"trash": id_}), ["trashed"]),
        (lambda app, id_: app.act({"restore": id_}), [*BACK, "edited", "accepted", "signed"]),
        (lambda app, id_: app.act({"status": id_, "to": "error"}), ["error"]),
    ],
    "contractfit.documents": [
        (lambda app, id_: app.act({"set": id_, "state": "submitted", "value": True}), ["accepted"]),
        (lambda app, id_: app.act({"set": id_, "state": "reject", "value": True}), ["refused"]),
        (lambda app, id_: app.act({"set": id_, "state": "reject", "value": False}), [*BACK, "accepted"]),
        (fail, ["error"]),
        (lambda app, id_: app.act({"delete": id_}), ["trashed"]),
    ],
    "documine.files": [
        (lambda app, id_: app.act({"workflow": id_, "to": "APPROVED"}), ["accepted"]),
        (lambda app, id_: app.act({"trash": id_}), ["trashed"]),
        (lambda app, id_: app.act({"restore": id_}), [*BACK, "accepted"]),
        (lambda app, id_: app.act({"status": id_, "to": "ERROR"}), ["error"]),
    ],
    "hypatos.documents": [
        (lambda app, id_: app.act({"status": id_, "state": "done"}), ["accepted"]),
        (lambda app, id_: app.act({"status": id_, "state": "rejected"}), ["refused"]),
        (lambda app, id_: app.act({"status": id_, "state": "extracted"}), BACK),
        (lambda app, id_: app.act({"status": id_, "state": "transferFailed"}), ["error"]),
        (lambda app, id_: app.act({"delete": id_}), ["trashed"]),
    ],
    "example.documents": [
        (lambda app, id_: app.act({"status": id_, "to": "exported"}), ["accepted"]),
        (lambda app, id_: app.act({"status": id_, "to": "refused"}), ["refused"]),
        (lambda app, id_: app.act({"status": id_, "to": "ready"}), BACK),
        (lambda app, id_: app.act({"status": id_, "to": "trashed"}), ["trashed"]),
    ],
}


def route(destination, words):
    """Write a route whose source gets a note (a title, at Hypatos) for each of these words."""
    source, action = ("hypatos", "title") if destination.startswith("zefort") else ("zefort", "note")
    stream = {"hypatos": "hypatos.documents", "zefort": "zefort.contracts"}[source]
    lines = [f'  {word}: {{{action}: "{word} {{{{ external_id }}}}"}}' for word in words]
    field = f'  {DESTINATIONS[destination]}: {{template: "{{{{ id }}}}"}}'
    head = f"source: {stream}\ndestination: {destination}\nfiles: main\nfields:"
    return source, "\n".join([head, field, "feedback:", *lines])


def heard(it):
    """Return the words that each document's source has heard, by the id at the far end."""
    state = it.source.state()
    told = [each["notes"] for each in state.get("contracts", {}).values()]
    told += [
        [entry["value"] for entry in each["feedback"] if entry["kind"] == "title"]
        for each in state.get("documents", {}).values()
    ]
    return {notes[0].split()[1]: [note.split()[0] for note in notes] for notes in told if notes}


async def looked(it, folder, runs=1):
    """Let the time of the next look come, and run."""
    for _ in range(runs):
        with closing(sqlite3.connect(folder / "state.db")) as state, state:
            state.execute("UPDATE transfer SET follow_at = delivered_at WHERE follow_at IS NOT NULL")
        await it.finish()


@pytest.mark.parametrize("destination", LIVES)
async def test_the_source_hears_each_thing_that_happens_to_a_delivery_once(tmp_path, monkeypatch, destination):
    words = ["delivered", *later_outcomes(destination)]
    assert words != ["delivered"]
    source, text = route(destination, words)
    async with pair(tmp_path, monkeypatch, source, destination.partition(".")[0], text) as it:
        if hasattr(it.destination.switches, "processing"):
            it.destination.switches.processing = 0.0  # so that the first look sees the end of it
        await it.finish()
        await looked(it, tmp_path)
        ids = sorted(heard(it))
        wanted = {id_: list(BACK) for id_ in ids}
        assert heard(it) == wanted
        seen = set(BACK)
        for act, expected in LIVES[destination]:
            act(it.destination, ids[0])
            await looked(it, tmp_path, runs=3)
            wanted[ids[0]] += expected
            seen.update(expected)
            assert heard(it) == wanted
        assert seen == set(words)


@pytest.mark.parametrize("destination", ["zefort.contracts", "contractfit.documents"])
async def test_what_a_route_does_not_tell_apart_is_told_as_withdrawn_once(tmp_path, monkeypatch, destination):
    source, text = route(destination, ["delivered", "withdrawn"])
    async with pair(tmp_path, monkeypatch, source, destination.partition(".")[0], text) as it:
        await it.finish()
        id_ = min(heard(it))
        told = ["delivered"]
        bad = {"trashed", "refused", "error"}
        for act, expected in LIVES[destination]:
            act(it.destination, id_)
            await looked(it, tmp_path, runs=2)
            word = "withdrawn" if bad & set(expected) else expected[0] if expected[0] == "delivered" else None
            told += [word] if word not in {None, told[-1]} else []
            assert heard(it)[id_] == told


async def test_a_signing_request_that_a_contract_lists_by_its_id_alone_is_read(tmp_path, monkeypatch):
    source, text = route("zefort.contracts", ["delivered", "signed"])
    async with pair(tmp_path, monkeypatch, source, "zefort", text) as it:
        it.destination.switches.esigns_listed = "ids"
        await it.finish()
        id_ = min(heard(it))
        esign = it.destination.act({"esign": id_})["id"]
        await looked(it, tmp_path)
        assert heard(it)[id_] == ["delivered"]
        it.destination.act({"esign_status": esign, "to": "completed"})
        await looked(it, tmp_path, runs=2)
        assert heard(it)[id_] == ["delivered", "signed"]


async def test_a_new_version_is_a_new_delivery_of_which_the_source_hears_anew(tmp_path, monkeypatch):
    source, text = route("example.documents", ["delivered", "accepted"])
    async with pair(tmp_path, monkeypatch, source, "example", text) as it:
        await it.finish()
        id_ = min(heard(it))
        it.destination.act({"status": id_, "to": "exported"})
        await looked(it, tmp_path)
        contract = next(key for key, one in it.source.state()["contracts"].items() if id_ in "".join(one["notes"]))
        await it.retry(contract)
        await looked(it, tmp_path, runs=2)
        assert heard(it)[id_] == ["delivered", "accepted", "delivered", "accepted"]


async def test_an_outcome_that_the_destination_never_shows_is_a_mistake_of_the_route(tmp_path, monkeypatch):
    source, text = route("contractfit.documents", ["delivered", "signed"])
    async with pair(tmp_path, monkeypatch, source, "contractfit", text) as it:
        with pytest.raises(RouteError) as caught:
            await it.run()
    (problem,) = caught.value.problems
    assert text.splitlines()[problem.line - 1][problem.column - 1 :].startswith("signed")
    assert problem.message == (
        "feedback: 'signed' is nothing that contractfit.documents shows of a document; "
        "it shows confirmed, accepted, trashed, refused, error"
    )


def test_the_words_are_the_same_wherever_they_stand():
    assert [str(one) for one in Result] == list(FEEDBACK_WORDS)
    assert set(LATER) == {"withdrawn", *LATER_WORDS}


def test_a_heeded_delivery_is_looked_at_once_a_day_at_least_and_one_that_nobody_heeds_ever_more_rarely():
    now = datetime.now(UTC)
    for days in (0.01, 0.5, 3, 10, 29):
        then = now - timedelta(days=days)
        heeded = Policy().follow_at(then, accepted=True, heeded=True) - now
        assert heeded.total_seconds() <= DAY + 1
        other = Policy().follow_at(then, accepted=True, heeded=False) - now
        assert other >= heeded
    assert Policy().follow_at(now - timedelta(days=31), accepted=True, heeded=True) is None


BAD = {
    "trashed": Outcome(State.GONE, "gone"),
    "refused": Outcome(State.REFUSED, "no", causes={Result.REFUSED: None}),
    "error": Outcome(State.REFUSED, "broken", causes={Result.ERROR: None}),
}
goods = st.sets(st.sampled_from([Result.EDITED, Result.ACCEPTED, Result.SIGNED])).map(
    lambda causes: Outcome(State.ACCEPTED, causes=dict.fromkeys(causes))
)
looks = st.lists(goods | st.sampled_from(list(BAD.values())), max_size=12)


@given(looks, st.sets(st.sampled_from(list(FEEDBACK_WORDS))))
def test_whatever_is_seen_the_source_ends_with_it_and_hears_nothing_twice_in_a_row(seen, declared):
    standing, told = None, []
    for outcome in seen:
        found = news(outcome, standing, declared)
        told += [word for word, _ in found.tell]
        standing = found.standing
        again = news(outcome, standing, declared)
        assert (again.standing, list(again.tell), again.event) == (standing, [], None)
    assert set(told) <= declared
    if {"delivered", "withdrawn"} <= declared:  # else nothing tells the one, or the other, that came in between
        assert all(one != other for one, other in pairwise(told) if one in {"withdrawn", "delivered"})
    if seen and seen[-1].state is not State.ACCEPTED:
        word = next(word for word, outcome in BAD.items() if outcome is seen[-1])
        entry = word if word in declared else "withdrawn"
        if entry in declared:
            assert told[-1] == entry
    elif seen:
        holds = {"confirmed", *map(str, seen[-1].causes)} & declared
        last_bad = max((n for n, one in enumerate(seen) if one.state is not State.ACCEPTED), default=-1)
        since = told[max((n for n, w in enumerate(told) if w in {*BAD, "withdrawn", "delivered"}), default=-1) + 1 :]
        assert holds <= set(since) or (last_bad >= 0 and not declared & {*BAD, "withdrawn", "delivered"})


async def test_what_a_queue_still_lists_because_it_refused_our_word_hears_the_rest_once_all_the_same(
    tmp_path, monkeypatch
):
    words = 'confirmed: {title: "confirmed {{ external_id }}"}\n  withdrawn: {title: "withdrawn {{ external_id }}"}'
    text = (
        "source: hypatos.documents\ndestination: example.documents\nfiles: none\nfields:\n  title: id\n"
        f"feedback:\n  delivered: {{transfer: true}}\n  {words}\n"
    )
    async with pair(tmp_path, monkeypatch, "hypatos", "example", text) as it:
        it.source.shared.faults = [Fault("status", "POST", "/documents/*/transfer", status=409)]
        await it.finish()
        await looked(it, tmp_path, runs=3)
        told = heard(it)
        assert told
        assert set(map(tuple, told.values())) == {("confirmed",)}
        id_ = min(told)
        it.destination.act({"status": id_, "to": "refused"})
        await looked(it, tmp_path, runs=3)
        assert heard(it) == {**told, id_: ["confirmed", "withdrawn"]}
