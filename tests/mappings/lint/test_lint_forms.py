"""Findings as SARIF and as annotations keep to what the readers of these forms ask for."""

import json
import re
from pathlib import Path

import pytest

from mappings.language import read_draft
from mappings.workbench.lint import CODES, Finding, Known, Severity, annotation, lint, sarif
from tests.mappings.lint.ends import DESTINATION, SOURCE

ROUTE = """source: shop.orders
destination: books.entries
fields:
  title: "nummer ~ ', 100% Ä: x'"
  note: {value: "{{ x }}"}
"""


@pytest.fixture
def found(tmp_path):
    folder = tmp_path / "my routes"
    folder.mkdir()
    path = folder / "a,b.yaml"
    path.write_text(ROUTE, encoding="utf-8")
    return lint(read_draft(path), Known(SOURCE, DESTINATION))


def test_sarif_has_what_version_2_1_0_requires(found, tmp_path):
    log = json.loads(json.dumps(sarif(found, tmp_path, "0.1.0")))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("/sarif-2.1.0.json")
    (run,) = log["runs"]
    assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    driver = run["tool"]["driver"]
    assert driver["name"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
    assert len(run["results"]) == len(found) > 0
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "my%20routes/a%2Cb.yaml"
        region = place["region"]
        assert all(
            isinstance(region[key], int) and region[key] >= 1 for key in ("startLine", "startColumn", "endColumn")
        )
        assert region["endColumn"] >= region["startColumn"]
        assert set(region) <= {"startLine", "startColumn", "endColumn", "snippet"}


def test_a_file_elsewhere_is_named_in_full(found, tmp_path):
    log = sarif(found, tmp_path / "other", "0.1.0")
    uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.startswith("file:///")


def test_an_annotation_is_one_line_with_its_signs_escaped():
    finding = Finding("unknown-source", Severity.NOTE, Path("/r/a,b:c.yaml"), 3, 4, 9, "100% of\nit: a, b", "a", "a")
    line = annotation(finding, Path("/r"))
    assert line == (
        "::notice file=a%2Cb%3Ac.yaml,line=3,endLine=3,col=4,endColumn=9,title=unknown-source::100%25 of%0Ait: a, b"
    )


@pytest.mark.parametrize(("severity", "command"), [("error", "error"), ("warning", "warning"), ("note", "notice")])
def test_every_severity_has_its_command(severity, command):
    finding = Finding("x", Severity(severity), Path("/r/a.yaml"), 1, 1, 1, "m", "", "")
    assert annotation(finding, Path("/r")).startswith(f"::{command} ")


def test_codes_are_words_with_hyphens_and_a_sentence():
    for code, each in CODES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", code)
        assert each.help.endswith(".")
