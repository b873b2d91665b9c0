"""No false alarms: what is meant as it stands is not complained about."""

import re
from pathlib import Path

import pytest

from mappings.language import load_route, read_draft
from mappings.workbench.lint import Known, Severity, lint
from tests.mappings.lint.ends import DESTINATION, FEEDBACK, SOURCE
from tests.mappings.test_route_file_docs import BINDERS, EXAMPLES, HEAD, blocks, plain

SILENT = re.compile(r"^=== (.*)\n((?:.*\n)*?)(?=^===|\Z)", re.MULTILINE)
ROUTES = dict(SILENT.findall(Path(__file__).with_name("silent.txt").read_text(encoding="utf-8")))
BACK = """
source: archive.documents
destination: zefort.contracts
files: main
two_way: {with: route, conflict: hold}
fields: {attributes.title: title}
"""
"""The other half of the pair that the reference shows one half of."""


def alarms(found):
    return [str(each) for each in found if each.severity is not Severity.NOTE]


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_is_not_complained_about(tmp_path, name):
    path = tmp_path / "route.yaml"
    path.write_text("source: shop.orders\ndestination: books.entries\n" + ROUTES[name], encoding="utf-8")
    load_route(path)
    assert [str(each) for each in lint(read_draft(path), Known(SOURCE, DESTINATION, FEEDBACK), unmapped=False)] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_pages_about_routes_is_not_complained_about(write_route, name):
    (_, yaml), *rest = blocks(EXAMPLES[name])
    files = {"tables/binders.csv": BINDERS, "archive_to_zefort.yaml": BACK}
    if rest and rest[0][0] == "csv":
        files[re.search(r"\S+\.csv", yaml)[0]] = rest.pop(0)[1]
    path = write_route(yaml if "source:" in yaml else HEAD + yaml, files)
    draft = read_draft(path)
    if draft.problems:
        pytest.skip("it shows mistakes that keep it from loading")
    # the document of the example is all that is known of its source; what it is meant for is nobody's schema
    samples = [plain(text) for kind, text in rest[:1] if kind == "json"]
    assert alarms(lint(draft, Known(samples=samples))) == []
