"""The books must notice whatever a kill or a fault could spoil: they are what the end-to-end tests believe."""

import copy

from tests.flows.crossings.zefort import ShippedToZefort
from tests.flows.killing import grounds
from tests.flows.lives import Tally


def first(state):
    return next(iter(state["contracts"].values()))


def again(state, part):
    first(state)[part].append(first(state)[part][0])


def told(state):
    return next(one for one in state["documents"].values() if one["accepted_state"] == "transferred")


def untold(state):
    return next(one for one in state["documents"].values() if not one["feedback"])


LOST = {
    "a contract": lambda _, zefort: zefort["contracts"].popitem(),
    "a file": lambda _, zefort: first(zefort)["files"].pop(),
    "a party": lambda _, zefort: first(zefort)["parties"].pop(),
    "a tag": lambda _, zefort: first(zefort)["tags"].pop(),
    "a note": lambda _, zefort: first(zefort)["notes"].pop(),
    "a binder": lambda _, zefort: first(zefort)["binders"].pop(),
    "a party in the register": lambda _, zefort: zefort["parties"].popitem(),
    "an acknowledgement": lambda hypatos, _: told(hypatos)["feedback"].pop(),
}
DOUBLED = {
    "a contract": lambda _, zefort: zefort["contracts"].update(another=first(zefort)),
    "a file": lambda _, zefort: again(zefort, "files"),
    "a party": lambda _, zefort: again(zefort, "parties"),
    "a note": lambda _, zefort: again(zefort, "notes"),
    "a party in the register": lambda _, zefort: zefort["parties"].update(another=[*zefort["parties"].values()][-1]),
    "a tag of the account": lambda _, zefort: zefort["tags"].update(another=[*zefort["tags"].values()][-1]),
    "an acknowledgement": lambda hypatos, _: told(hypatos)["feedback"].append(told(hypatos)["feedback"][0]),
}
WRONG = {
    "an attribute": lambda _, zefort: first(zefort)["attributes"].update(value=1),
    "a foreign file": lambda _, zefort: first(zefort)["files"].append({"name": "x.pdf", "sha256": "0"}),
    "a contract of nobody": lambda _, zefort: zefort["contracts"].update(
        other={**first(zefort), "files": [], "notes": []}
    ),
    "a contract in the trash": lambda _, zefort: first(zefort).update(trashed=True),
    "the wrong contract's id": lambda hypatos, _: told(hypatos).update(external_id="ct_other"),
    "feedback about nothing": lambda hypatos, _: untold(hypatos)["feedback"].append({"kind": "reject"}),
    "the wrong state": lambda hypatos, _: untold(hypatos).update(accepted_state="rejected"),
    "a final delete": lambda _, zefort: zefort.update(final_deletes_tried=1),
}


async def test_the_books_notice_everything_that_is_lost_doubled_or_strange(tmp_path):
    async with grounds(tmp_path, ShippedToZefort) as (ground,):
        await ground.trial(tally := Tally())
        world = ground.world
        states, books = (world.hypatos.state(), world.zefort.state()), world.books
    assert tally.clean, tally.everything
    for kind, spoilers in (("lost", LOST), ("doubled", DOUBLED), ("wrong", WRONG)):
        for name, spoil in spoilers.items():
            hypatos, zefort = copy.deepcopy(states)
            spoil(hypatos, zefort)
            assert getattr(books.audit(hypatos, zefort), kind), f"{kind}: {name}"


async def test_a_contract_that_lacks_something_is_not_fit_to_be_acknowledged(tmp_path):
    async with grounds(tmp_path, ShippedToZefort) as (ground,):
        await ground.trial(Tally())
        state, books = ground.world.zefort.state(), ground.world.books
    note = first(state)["notes"][0]
    document_id = next(one for one in books.numbers if note.endswith(one))
    assert not books.lacking(document_id, state)
    for part in ("files", "parties", "tags", "notes", "binders"):
        zefort = copy.deepcopy(state)
        first(zefort)[part].clear()
        assert books.lacking(document_id, zefort), part
