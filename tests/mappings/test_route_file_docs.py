"""Every example of the pages about route files does what the page says, and the reference leaves out no key or word."""

import re
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

import mappings
from mappings.language import MappingError, RouteError, load_route
from mappings.language.conversions import TYPES
from mappings.language.filters import FILTERS, TESTS
from mappings.language.model import FEEDBACK_NAMES, FEEDBACK_WORDS, FILES_WORDS, ON_ERROR_WORDS, ROUTE_KEYS, RULE_KEYS
from mappings.workbench.testing import run_tests

DOCS = Path(mappings.__file__).parents[1] / "docs"
PAGE = (DOCS / "route-file.md").read_text(encoding="utf-8")
COOKBOOK = (DOCS / "cookbook.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"((?:^```\w+\n.*?^```\n)+)", re.MULTILINE | re.DOTALL)
EXAMPLES = {
    f"{name} {number}": example
    for name, page in (("reference", PAGE), ("cookbook", COOKBOOK))
    for number, example in enumerate(EXAMPLE.findall(page))
}
ENCODER = msgspec.json.Encoder(decimal_format="number")
HEAD = "source: hypatos.documents\ndestination: zefort.contracts\n"
BINDERS = (Path(mappings.__file__).parent / "tables" / "binders.csv").read_text(encoding="utf-8")


def blocks(example):
    return re.findall(r"^```(\w+)\n(.*?)^```\n", example, re.MULTILINE | re.DOTALL)


def plain(text):
    return msgspec.json.Decoder(float_hook=Decimal).decode(text)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_does_what_the_page_says(write_route, name):
    (kind, yaml), *rest = blocks(EXAMPLES[name])
    assert kind == "yaml"
    files = {"tables/binders.csv": BINDERS}
    if rest and rest[0][0] == "csv":
        files[re.search(r"\S+\.csv", yaml)[0]] = rest.pop(0)[1]
    path = write_route(yaml if "source:" in yaml else HEAD + yaml, files)
    match rest:
        case []:
            assert load_route(path).feedback
        case [("text", problems)]:
            with pytest.raises(RouteError) as refused:
                load_route(path)
            assert str(refused.value).replace(f"{path.parent}/", "") == problems.strip()
        case [("json", document), ("json", payload)]:
            route = load_route(path)
            assert [trial.failures for trial in run_tests(route) if not trial.passed] == []
            result = route.apply(plain(document)).payload
            assert result == plain(payload)
            assert ENCODER.encode(result) == ENCODER.encode(plain(payload))
        case [("json", document), ("text", reason)]:
            mapped, problems = load_route(path).attempt(plain(document))
            assert (mapped.skipped or str(MappingError(problems))) == reason.strip()
        case _:
            pytest.fail("an example is a route, a document, and what comes out")


def test_the_pages_have_examples():
    assert len(EXAMPLE.findall(PAGE)) >= 20
    assert len(EXAMPLE.findall(COOKBOOK)) >= 25


def test_every_recipe_is_in_the_list_at_the_top_of_the_cookbook():
    recipes = re.findall(r"^## (\d+ .*)$", COOKBOOK, re.MULTILINE)
    anchors = [re.sub(r"[^a-z0-9 -]", "", recipe.lower()).replace(" ", "-") for recipe in recipes]
    assert re.findall(r"\(#(.*?)\)", COOKBOOK) == anchors


@pytest.mark.parametrize(
    "word",
    sorted(
        {
            *ROUTE_KEYS,
            *RULE_KEYS,
            *FILES_WORDS,
            *ON_ERROR_WORDS,
            *FEEDBACK_WORDS,
            *FEEDBACK_NAMES,
            *TYPES,
            *FILTERS,
            "lookup",
        }
    ),
)
def test_every_key_word_and_filter_is_on_the_page(word):
    assert re.search(rf"`{word}[`(]", PAGE)


@pytest.mark.parametrize("word", sorted(TESTS))
def test_every_test_is_on_the_page(word):
    assert f"`is {word}`" in PAGE
