"""The pictures of the docs: shown where they belong, small, and with nothing in them but what is on the screen."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

import mappings

DOCS = Path(mappings.__file__).parents[1] / "docs"
PICTURES = sorted((DOCS / "images").glob("*.png"))


def test_every_picture_is_shown_with_words_for_who_does_not_see_it_and_every_one_shown_is_there():
    shown = [
        found
        for page in DOCS.glob("*.md")
        for found in re.findall(r"!\[([^\]]*)\]\(images/([^)]+)\)", page.read_text())
    ]
    assert sorted(name for _, name in shown) == [path.name for path in PICTURES] != []
    assert all(len(words) > 20 for words, _ in shown)


def test_pictures_are_small_and_carry_no_notes_of_whoever_took_them():
    for path in PICTURES:
        with Image.open(path) as picture:
            assert not picture.info.keys() & {"Author", "Software", "Comment", "Description"}
            assert picture.mode == "P"
        assert path.stat().st_size < 150_000, path.name
