"""Two routes that say they are a pair are one only if they go back and forth between the same ends by the same rule."""

import pytest

from mappings.language import pair_faults, read_draft

RIGHT = "source: b.two\ndestination: a.one\nfiles: main\ntwo_way: {with: there, conflict: hold}\nfields: {x: y}\n"
HERE = "source: a.one\ndestination: b.two\nfiles: main\ntwo_way: {with: back, conflict: hold}\nfields: {y: x}\n"
FAULTS = {
    "the files would come back": (HERE.replace("files: main\n", ""), RIGHT, 3, "goes with files: main or files: none"),
    "nobody goes back": (HERE, None, 4, "there is no route 'back' beside this one"),
    "the other one goes elsewhere": (HERE, RIGHT.replace("a.one", "c.one"), 4, "not back from b.two to a.one"),
    "the other one knows nothing of it": (
        HERE,
        RIGHT.replace("two_way", "description: x #"),
        4,
        "does not say two_way",
    ),
    "the other one names a third": (HERE, RIGHT.replace("there", "elsewhere"), 4, "does not say two_way"),
    "they are at odds": (HERE, RIGHT.replace("hold", "source wins"), 4, "back says 'source wins'"),
}


def faults(folder, here, back):
    (folder / "there.yaml").write_text(here)
    if back is not None:
        (folder / "back.yaml").write_text(back)
    draft = read_draft(folder / "there.yaml")
    assert not draft.problems
    return list(pair_faults(draft, read_draft(folder / "back.yaml") if back else None, ["there", "back"]))


def test_two_routes_that_fit_have_no_faults(tmp_path):
    assert faults(tmp_path, HERE, RIGHT) == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_pair_that_does_not_fit_is_told_at_its_place(tmp_path, name):
    here, back, line, sentence = FAULTS[name]
    ((mark, words),) = faults(tmp_path, here, back)
    assert mark.line == line
    assert sentence in words


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2026-01-02T03:04:05Z", True),
        ("2026-01-02T03:04:05+02:00", True),
        ("2026-01-02T03:04:05", False),
        ("yesterday", False),
        (17, False),
        (None, False),
    ],
)
def test_the_time_of_a_change_counts_only_with_its_zone(tmp_path, value, told):
    text = HERE.replace("conflict: hold", "conflict: newest wins, changed_at: times.changed")
    (tmp_path / "there.yaml").write_text(text)
    two_way = read_draft(tmp_path / "there.yaml").two_way
    assert (two_way.time_of({"times": {"changed": value}}) is not None) == told
    assert two_way.time_of({}) is None
