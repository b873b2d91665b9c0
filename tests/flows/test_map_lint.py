"""`docferry map lint`: which files are meant, what is printed in which form, and the exit codes."""

import json
import re
import shutil
from pathlib import Path

import pytest

import mappings

FOLDER = Path(mappings.__file__).parent
ROUTE = """source: hypatos.documents
destination: zefort.contracts
tables: {currencies: tables/currencies.csv}
fields:
  attributes.title: {from: title, required: true}
  attributes.currency: {from: entities.currency, lookup: currencies}
feedback:
  delivered: {tranfser: true}
"""


@pytest.fixture
def routes(empty, monkeypatch):
    """Write a folder with one route, its table, and a mistake in its feedback."""
    folder = empty / "routes"
    (folder / "tables").mkdir(parents=True)
    (folder / "one.yaml").write_text(ROUTE)
    (folder / "tables" / "currencies.csv").write_text("key,value\n€,EUR\n")
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    return folder


def codes(ended):
    return [each["code"] for each in ended.json["findings"]]


def test_shipped_routes_are_free_of_errors_warnings_and_rules_without_tests(empty, docferry):
    ended = docferry("map", "lint", "--no-unmapped", "--fail-on", "note")
    assert (ended.code, ended.out) == (0, "nothing found in 6 files\n")


def test_a_finding_is_shown_with_its_line_and_a_caret(routes, docferry):
    ended = docferry("map", "lint", "one", "--no-unmapped")
    assert ended.code == 1
    lines = ended.out.splitlines()
    at = lines.index(
        "routes/one.yaml:8:15: error: 'tranfser' is not an action of hypatos.documents "
        "(did you mean 'transfer'?) [unknown-action]"
    )
    assert lines[at + 1 : at + 3] == ["    8 |   delivered: {tranfser: true}", "      |               ^^^^^^^^"]
    assert lines[-1] == "1 error, 1 note in 1 file"


def test_the_same_comes_as_one_json_object(routes, docferry):
    ended = docferry("map", "lint", "--no-unmapped", "--json")
    assert ended.code == 1
    found = ended.json["findings"].pop()
    assert found == {
        "code": "unknown-action",
        "severity": "error",
        "path": "routes/one.yaml",
        "line": 8,
        "column": 15,
        "end_column": 23,
        "message": "'tranfser' is not an action of hypatos.documents (did you mean 'transfer'?)",
        "text": "tranfser",
    }
    assert (ended.json["ok"], ended.json["files"], ended.json["errors"], ended.json["warnings"]) == (False, 1, 1, 0)
    assert (
        docferry("map", "lint", "--format", "json", "--no-unmapped").out
        == docferry("map", "lint", "--json", "--no-unmapped").out
    )


def test_sarif_and_annotations_name_the_file_from_here(routes, docferry):
    log = json.loads(docferry("map", "lint", "--format", "sarif").out)
    places = {each["ruleId"]: each["locations"][0]["physicalLocation"] for each in log["runs"][0]["results"]}
    assert places["unknown-action"]["artifactLocation"] == {"uri": "routes/one.yaml"}
    lines = docferry("map", "lint", "--format", "github").out.splitlines()
    assert any(line.startswith("::error file=routes/one.yaml,line=8,endLine=8,col=15,") for line in lines)


@pytest.mark.parametrize(
    ("words", "code"), [([], 1), (["--fail-on", "note"], 1), (["two"], 0), (["two", "--fail-on", "note"], 1)]
)
def test_the_exit_code_says_whether_something_is_as_bad_as_that(routes, docferry, words, code):
    (routes / "two.yaml").write_text(ROUTE.replace("tranfser", "transfer"))
    assert docferry("map", "lint", *words).code == code


def test_mistakes_that_keep_a_route_from_loading_are_findings_in_the_same_list(routes, docferry):
    (routes / "one.yaml").write_text(ROUTE.replace("required:", "requierd:") + "  rejected: {reject: '{{ raeson }}'}\n")
    (routes / "tables" / "currencies.csv").write_text("key;value\n€;EUR\n")
    ended = docferry("map", "lint", "--no-unmapped", "--json")
    assert ended.code == 1
    found = [(each["code"], Path(each["path"]).name, each["line"]) for each in ended.json["findings"]]
    assert found == [
        ("invalid-route", "one.yaml", 5),
        ("unknown-action", "one.yaml", 8),
        ("invalid-route", "one.yaml", 9),
        ("invalid-table", "currencies.csv", 1),
    ]


def test_an_endpoint_that_is_not_known_here_is_a_finding_at_its_line(routes, docferry):
    (routes / "one.yaml").write_text(
        "source: hypatoss.documents\ndestination: zefort.contrakts\nfields: {attributes.titel: x}\n"
    )
    ended = docferry("map", "lint", "--json")
    found = [(each["code"], each["line"], each["column"], each["text"]) for each in ended.json["findings"]]
    assert ("unknown-endpoint", 1, 9, "hypatoss.documents") in found
    assert ("unknown-endpoint", 2, 14, "zefort.contrakts") in found
    assert any("did you mean hypatos?" in each["message"] for each in ended.json["findings"])


def test_another_accounts_provider_comes_from_its_setting(routes, docferry, monkeypatch):
    (routes / "one.yaml").write_text(ROUTE.replace("hypatos.", "archive.").replace("tranfser", "transfer"))
    assert "unknown-endpoint" in codes(docferry("map", "lint", "--json"))
    monkeypatch.setenv("ARCHIVE_PROVIDER", "hypatos")
    assert codes(docferry("map", "lint", "--json", "--no-unmapped")) == ["untested-route"]


def test_a_sample_makes_its_fields_known_and_their_types(routes, docferry, tmp_path):
    (routes / "one.yaml").write_text(
        ROUTE.replace("tranfser", "transfer").replace("from: title,", "from: entities.projectNumbr,")
    )
    assert "suspect-source" not in codes(docferry("map", "lint", "--json"))
    (tmp_path / "s.json").write_text('{"entities": {"projectNumber": "P-1"}}')
    ended = docferry("map", "lint", "--json", "--sample", str(tmp_path / "s.json"))
    assert "suspect-source" in codes(ended)


def test_a_table_stands_for_the_routes_that_use_it(routes, docferry):
    (routes / "other.yaml").write_text(ROUTE.replace("tables: {currencies: tables/currencies.csv}\n", ""))
    ended = docferry("map", "lint", "routes/tables/currencies.csv", "--json")
    assert (ended.json["files"], ended.json["errors"]) == (1, 1)
    (routes / "tables" / "nobody.csv").write_text("key,value\na,b\n")
    assert docferry("map", "lint", "routes/tables/nobody.csv").code == 0


def test_a_folder_stands_for_its_routes(routes, docferry):
    assert docferry("map", "lint", "routes", "--json").json["files"] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["onee"], "There is no route 'onee'. Did you mean 'one'?"),
        (["none.yaml"], "there is no file none.yaml"),
        (["empty"], "the folder empty has no routes"),
        (["--sample", "none.json"], "the sample none.json cannot be read"),
        (["--sample", "routes/one.yaml"], "this is not JSON"),
    ],
)
def test_what_is_not_there_is_2(routes, docferry, empty, words, sentence):
    (empty / "empty").mkdir()
    ended = docferry("map", "lint", *words)
    assert ended.code == 2
    assert sentence in " ".join(ended.err.split())


def test_rules_that_no_test_reaches_are_noted(routes, docferry):
    shutil.copytree(FOLDER / "samples", routes / "samples")
    (routes / "one.yaml").write_text(
        ROUTE.replace("tranfser", "transfer")
        + "tests:\n  - name: one\n    input: {title: A}\n    expect: {attributes.title: A}\n"
    )
    ended = docferry("map", "lint", "--json", "--no-unmapped")
    (found,) = ended.json["findings"]
    assert (ended.code, found["code"], found["line"]) == (0, "untested-rule", 6)
    assert found["message"] == "attributes.currency: no test makes a value with this rule"


def test_routes_of_the_pages_are_free_of_errors_and_warnings(routes, docferry, monkeypatch):
    (routes / "one.yaml").unlink()
    pages = [*(FOLDER.parent / "docs").glob("*.md"), *(FOLDER.parent / "connectors").glob("*/README.md")]
    blocks = [
        block
        for page in pages
        for block in re.findall(r"^```yaml\n(.*?)^```\n", page.read_text(), re.MULTILINE | re.DOTALL)
    ]
    shown = [
        block for block in blocks if "source: hypatos." in block and "\nfields:" in block and "form: " not in block
    ]
    assert len(shown) >= 5
    for number, block in enumerate(shown):
        (routes / f"page{number}.yaml").write_text(block)
    found = docferry("map", "lint", "--json").json["findings"]
    # the connections that the pages declare are not declared here
    assert [each for each in found if each["severity"] != "note" and each["code"] != "unknown-endpoint"] == []


def test_tests_that_fail_tell_nothing_about_what_they_reach(routes, docferry):
    (routes / "one.yaml").write_text(
        ROUTE.replace("tranfser", "transfer") + "tests:\n  - name: one\n    expect: {attributes.title: A}\n"
    )
    assert codes(docferry("map", "lint", "--json", "--no-unmapped")) == []
