"""Routes with tests in them, run."""

import pytest

from mappings.workbench.testing import run_tests

HEAD = """\
fields:
  title:  {template: "{{ kind }} {{ number }}", required: true}
  total:  {from: total, type: decimal}
  due:    {from: due, type: date, format: "%d.%m.%Y", on_error: review}
  tags:   {list: [kind, {value: large, when: total > 100}]}
  lines:  {each: items, as: item, fields: {net: item.net, text: item.text}}
when: kind != 'letter'
tests:
"""
DOCUMENT = (
    '{"kind": "invoice", "number": "1", "total": 12.50, "due": "31.12.2026",'
    ' "items": [{"net": 2.50, "text": "a"}, {"net": 10, "text": "b"}]}'
)


@pytest.fixture
def tests_of(route):
    """Load a route with these tests, written below `tests:`; the document is samples/one.json."""

    def load(text):
        return route(HEAD + text, {"samples/one.json": DOCUMENT})

    return load


@pytest.fixture
def failures(tests_of):
    """Run one test, given by its keys, and return what is told about it."""

    def run(keys, check=None):
        body = "".join(f"    {line}\n" for line in keys.splitlines())
        (trial,) = run_tests(tests_of("  - name: t\n    input: samples/one.json\n" + body), check)
        return [str(failure) for failure in trial.failures]

    return run
