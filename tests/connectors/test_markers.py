"""The marker in a file's name: written once, and found again whatever a server made of the name."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.markers import delivery_marker, file_marker, marked, markers

MARKER = delivery_marker("hypatos_to_zefort:d1")
FILE = file_marker("hypatos_to_zefort:d1", "f2")
EITHER = st.sampled_from([MARKER, FILE])
NAMES = st.text() | st.from_regex(r"([gG][wW]|[-_ \[\].]|[0-9a-f]{8}|main|pdf){0,12}", fullmatch=True)
"""Any, and those that look like markers here and there."""


def secured(name):
    """Return it as web frameworks have it: ASCII letters, digits and three signs."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]", "", "_".join(plain.split())).strip("._")


SANITISERS = {
    "no blanks, no brackets": lambda name: re.sub(r"[\[\] ]", "", name),
    "only some signs": lambda name: re.sub(r"[^0-9A-Za-z_.-]", "", name),
    "only word signs and dots": lambda name: re.sub(r"[^\w.]", "", name),
    "only letters and digits": lambda name: re.sub(r"[\W_]", "", name),
    "secured": secured,
    "underscores": lambda name: re.sub(r"[^\w.]", "_", name),
    "one underscore": lambda name: re.sub(r"\W+", "_", name),
    "a slug": lambda name: re.sub(r"[\W_]+", "-", name.lower()).strip("-"),
    "ASCII": lambda name: unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode(),
    "lower case": str.lower,
    "upper case": str.upper,
    "title case": str.title,
    "decomposed": lambda name: unicodedata.normalize("NFD", name),
    "128 signs": lambda name: name[:128],
    "the last 48 signs": lambda name: name[-48:],
    "without its ending": lambda name: name.rpartition(".")[0] or name,
    "another ending": lambda name: name + ".tif",
}
APPENDED = [
    "",
    "1",
    " (2)",
    "_x7Yq",
    "-1",
    "_20261125",
    "-20261125",
    "20261125",
    "-a1b2c3d4e5",
    "_deadbeef",
    "pdf",
    "e",
]


@given(name=NAMES, key=st.text(), file_id=st.text())
def test_any_file_name_carries_its_marker_and_no_other(name, key, file_id):
    for marker in (delivery_marker(key), file_marker(key, file_id)):
        result = marked(name, marker, "application/pdf")
        assert markers([result]) == {marker}
        assert len(result) < 128
        assert not set(result) & set('\\/:*?"<>|\r\n\0')


@given(name=NAMES, marker=EITHER)
def test_a_file_that_comes_through_again_sheds_its_old_marker(name, marker):
    once = marked(name, marker, "image/tiff")
    assert markers([marked(once, delivery_marker("new"), "image/tiff")]) == {delivery_marker("new")}


@pytest.mark.parametrize("tidy", SANITISERS.values(), ids=SANITISERS)
@given(name=NAMES, marker=EITHER, ending=st.sampled_from(["application/pdf", "text/csv", "application/msword"]))
def test_the_marker_survives_what_servers_do_to_names(tidy, name, marker, ending):
    assert marker in markers([tidy(marked(name, marker, ending))])


@pytest.mark.parametrize("tidy", SANITISERS.values(), ids=SANITISERS)
@pytest.mark.parametrize("appended", APPENDED)
@pytest.mark.parametrize("marker", [MARKER, FILE])
def test_what_a_server_appends_to_a_name_hides_no_marker_and_makes_no_other(tidy, appended, marker):
    stem, dot, ending = marked("T a", marker, "application/pdf").rpartition(".")
    assert markers([tidy(stem) + appended + dot + ending]) == {marker}
    assert markers([tidy(stem + appended + dot + ending)]) == {marker}


@pytest.mark.parametrize(
    "name", [f"NDA [gw-{MARKER}].pdf", f"NDA_gw-{MARKER}.pdf", f"NDA gw-{MARKER}_x7Yq.pdf", f"NDAgw-{MARKER}.pdf"]
)
def test_names_made_by_early_versions_are_found(name):
    assert markers([name]) == {MARKER}


def test_a_delivery_is_not_taken_for_one_of_its_files_nor_the_other_way_round():
    names = [marked("a", each, "application/pdf") for each in (MARKER, FILE)]
    for tidy in SANITISERS.values():
        assert [markers([tidy(name)]) for name in names] == [{MARKER}, {FILE}]


@pytest.mark.parametrize("name", ["gw-123.pdf", f"gw-{MARKER[:15]}.pdf", f"g-{MARKER}.pdf", f"[gw-{FILE[:-3]}].pdf"])
def test_something_like_a_marker_is_none(name):
    assert markers([name]) == set()


def test_a_name_stays_readable():
    assert marked("NDA Ämme 合同.PDF", MARKER, "application/pdf") == f"NDA Ämme 合同 [gw-{MARKER}-main].PDF"
    assert marked("v1.2 final draft", MARKER, "application/pdf") == f"v1.2 final draft [gw-{MARKER}-main].pdf"
    assert marked("acme.com", MARKER, "application/pdf") == f"acme.com [gw-{MARKER}-main].pdf"
    assert marked("scan.tif", FILE, "image/tiff") == f"scan [gw-{FILE}].tif"
    assert marked("offer.xlsx", MARKER, "application/octet-stream") == f"offer [gw-{MARKER}-main].xlsx"
    assert marked("offer", MARKER, "application/x-unheard-of") == f"offer [gw-{MARKER}-main]"
    assert marked("", FILE, "application/pdf") == f"document [gw-{FILE}].pdf"
