"""A route file that got another name begins anew; whoever looks or runs is told so before anything is doubled."""

from __future__ import annotations

import shutil
from pathlib import Path

import mappings
from tests.flows.test_command import ROUTE

ADVICE = "under another one every document is new, and is delivered once more"


def test_a_route_whose_file_was_renamed_is_told_by_check_status_and_the_first_run(
    accounts, docferry, monkeypatch, tmp_path
):
    folder = shutil.copytree(Path(mappings.__file__).parent, tmp_path / "routes")
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    assert ADVICE not in _plain(docferry("run", ROUTE, "--limit", "1").err)
    assert ADVICE not in _plain(docferry("check").out + docferry("status").out)
    assert docferry("status", "--json").json["routes"][0]["has_file"] is True

    (folder / f"{ROUTE}.yaml").rename(folder / "renamed.yaml")
    assert f"{ROUTE}: known to the state, but without a file" in (checked := _plain(docferry("check").out))
    assert ADVICE in checked
    assert ADVICE in _plain(docferry("status", ROUTE).out)
    assert docferry("status", ROUTE, "--json").json["routes"][0]["has_file"] is False
    dry = _plain(docferry("run", "renamed", "--dry-run").err)
    assert f"route renamed is new to the state, which knows {ROUTE} without a file" in dry
    assert ADVICE in dry


def _plain(text: str) -> str:
    return " ".join(text.split())
