"""A file asks whether it may still appear, or disappear, when it is about to."""

import pytest

from connectors import fence
from tests.connectors.holds import Hold, LostError


async def test_nothing_appears_once_the_right_is_lost(anywhere, delivery, journal):
    with fence.held_by(Hold()), pytest.raises(LostError):
        await anywhere.push(delivery(), journal)
    made = [name for name in await anywhere.names("documents") if name.startswith("gw-")]
    assert [await anywhere.names(f"documents/{name}") for name in made] in ([], [set()])


async def test_a_right_that_is_lost_in_the_middle_leaves_no_document(anywhere, delivery, journal, source_file):
    files = [source_file(b"one", "one.pdf", "f1"), source_file(b"two", "two.pdf", "f2")]
    with fence.held_by(Hold(1)), pytest.raises(LostError):
        await anywhere.push(delivery(*files), journal)
    (folder,) = [name for name in await anywhere.names("documents") if name.startswith("gw-")]
    assert await anywhere.names(f"documents/{folder}") == {"one.pdf"}


async def test_what_does_not_belong_there_any_more_stays_once_the_right_is_lost(
    anywhere, delivery, journal, source_file
):
    files = [source_file(b"one", "one.pdf", "f1"), source_file(b"two", "two.pdf", "f2")]
    folder = await anywhere.push(delivery(*files), journal)
    with fence.held_by(Hold(2)), pytest.raises(LostError):
        await anywhere.push(delivery(files[0], replaces=folder), journal)
    assert "two.pdf" in await anywhere.names(folder)


async def test_a_right_that_is_proven_again_lets_files_appear(anywhere, delivery, journal):
    hold = Hold(lost=False)
    with fence.held_by(hold):
        folder = await anywhere.push(delivery(), journal)
    assert hold.proven > 0
    assert await anywhere.names(folder) == {"document.json", "invoice.pdf"}
