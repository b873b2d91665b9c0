"""Names that no file system stumbles over, whatever comes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.folder.names import LONGEST, distinct, ended, safe, same


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Rechnung März.pdf", "Rechnung März.pdf"),
        ("../../etc/passwd", "etc passwd"),
        ("..", "file"),
        ("", "file"),
        (".", "file"),
        ("C:\\x\\y.pdf", "C x y.pdf"),
        ("a\0b.pdf", "a b.pdf"),
        ("CON", "_CON"),
        ("con.pdf", "_con.pdf"),
        ("LPT1.tar.gz", "_LPT1.tar.gz"),
        ("contract.pdf", "contract.pdf"),
        (".hidden", "hidden"),
        ("end. ", "end"),
        ("発票.pdf", "発票.pdf"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\ud800b.pdf", "a b.pdf"),
    ],
)
def test_a_hostile_name_becomes_a_plain_one(name, wanted):
    assert safe(name) == wanted


def test_a_long_name_keeps_its_ending():
    assert safe("ä" * 300 + ".pdf") == "ä" * 58 + ".pdf"


@given(st.text(st.characters(codec=None), max_size=400))
def test_every_name_becomes_one_path_segment(name):
    made = safe(name)
    assert made.strip(" .") == made != ""
    assert len(made.encode()) <= LONGEST
    assert not set(made) & set('/\\:*?"<>|\0\n')
    assert safe(made) == made


@given(st.lists(st.sampled_from(["a.pdf", "A.PDF", "a (2).pdf", "b", "B"]), max_size=8))
def test_no_two_names_are_the_same_on_any_file_system(names):
    taken = set()
    for name in names:
        taken.add(same(distinct(name, taken)))
    assert len(taken) == len(names)


@pytest.mark.parametrize(
    ("name", "media_type", "wanted"),
    [
        ("passwd", "application/pdf", "passwd.pdf"),
        ("passwd", "application/octet-stream", "passwd"),
        ("passwd", "application/x-nobody-knows", "passwd"),
        ("report v1.2", "application/pdf", "report v1.2"),
    ],
)
def test_a_name_without_an_ending_gets_one_that_fits(name, media_type, wanted):
    assert ended(name, media_type) == wanted


def test_an_ending_does_not_make_a_name_too_long():
    name = ended(safe("x" * 300), "application/pdf")
    assert name.endswith("x.pdf")
    assert len(name) == LONGEST
