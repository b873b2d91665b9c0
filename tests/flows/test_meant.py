"""What a mistyped or renamed route most probably is: never one to another destination."""

from __future__ import annotations

import pytest

from flows.routes import UnknownRouteError, route_file
from flows.settings import Gateway

FILES = {
    "hypatos_to_zefort": "hypatos.documents zefort.contracts",
    "hypatos_to_contractfit": "hypatos.documents contractfit.documents",
    "zefort_to_hypatos_master_data": "zefort.contracts hypatos.master_data",
    "invoices": "hypatos.documents zefort.contracts",
}


def said(folder, asked, without=()):
    """Return what is said of a name that no file has."""
    for name, ends in FILES.items():
        if name not in without:
            source, destination = ends.split()
            (folder / f"{name}.yaml").write_text(f"source: {source}\ndestination: {destination}\nfields: {{a: b}}\n")
    with pytest.raises(UnknownRouteError) as error:
        route_file(Gateway(mappings=folder), asked)
    return str(error.value)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("hypatos_to_zefrot", "hypatos_to_zefort"),
        ("hypato_to_contractfit", "hypatos_to_contractfit"),
        ("invoice", "invoices"),
        ("hypatos_zefort", "hypatos_to_zefort"),
        ("zefort_to_hypatos", "zefort_to_hypatos_master_data"),
    ],
)
def test_a_slip_of_the_hand_is_meant(tmp_path, asked, meant):
    assert f"Did you mean '{meant}'?" in said(tmp_path, asked)


def test_a_file_between_the_same_ends_may_be_the_one_that_was_renamed(tmp_path):
    words = said(tmp_path, "hypatos_to_zefort", ["hypatos_to_zefort"])
    assert "'invoices' goes from hypatos to zefort; if the file was renamed, give it this name back" in words
    assert "Did you mean" not in words


def test_a_route_to_another_destination_is_never_meant(tmp_path):
    words = said(tmp_path, "hypatos_to_documine")
    assert "Did you mean" not in words
    assert "goes from" not in words
    assert "has hypatos_to_contractfit, hypatos_to_zefort" in words
