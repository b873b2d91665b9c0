"""A process is really killed between any two steps; whatever the next attempt brings is all that is there in the end."""

import asyncio
import os
import pickle
import signal

import pytest

from connectors.folder.destination import Folders
from connectors.folder.local import STAGING, LocalPlace
from tests.connectors.memory_journal import MemoryJournal


class Deadly:
    """The way to the disk, on which the process dies before the n-th step. What the journal holds then is kept."""

    def __init__(self, place, journal, fatal, kept):
        self._place, self._journal, self._left, self._kept = place, journal, fatal, kept

    def __getattr__(self, name):
        self._left -= 1
        if not self._left:
            self._kept.write_bytes(pickle.dumps(self._journal.steps))
            os.kill(os.getpid(), signal.SIGKILL)
        return getattr(self._place, name)


def killed(place, journal, delivery, fatal, kept):
    """Push in a process of its own; return the journal as it was when that died, None if it lived."""
    pid = os.fork()
    if not pid:
        try:
            asyncio.run(Folders(Deadly(place, journal, fatal, kept), "documents", ["title"]).push(delivery, journal))
        finally:
            os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != -signal.SIGKILL:
        return None
    left = MemoryJournal()
    left.steps = pickle.loads(kept.read_bytes())
    return left


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("update", [False, True])
def test_killed_anywhere_the_next_attempt_leaves_one_folder_with_what_it_brought(
    tmp_path, source_file, delivery, changed, update
):
    first = [source_file(b"1" * 9, "a.pdf"), source_file(b"2", "b.pdf", "f2")]
    next_ = [source_file(b"3", "c.pdf"), source_file(b"4" * 9, "a.pdf", "f2")] if changed else first
    point = 0
    while True:
        point += 1
        root = tmp_path / f"{changed}-{update}-{point}"
        root.mkdir()
        place, journal = LocalPlace("archive", root), MemoryJournal()
        folder = None
        if update:
            old = delivery(source_file(b"0", "old.pdf"), source_file(b"00", "b.pdf", "f2"))
            folder = asyncio.run(Folders(place, "documents", ["title"]).push(old, journal))
        left = killed(place, journal, delivery(*first, replaces=folder), point, tmp_path / "kept")
        if left is None:
            break
        title = "Another title" if changed else "Title"
        again = delivery(*next_, replaces=folder, title=title)
        found = asyncio.run(Folders(place, "documents", ["title"]).push(again, left))
        (only,) = (path.name for path in (root / "documents").iterdir() if path.name != STAGING)
        assert found == f"documents/{only}"
        held = {path.name: path.read_bytes() for path in (root / found).iterdir() if path.name != "document.json"}
        assert held == {one.file.name: one.content for one in next_}
        assert not (root / "documents" / STAGING).exists()
    assert point > 8
