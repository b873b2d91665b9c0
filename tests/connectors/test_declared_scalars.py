"""What is declared of streams and what stands in routes is read alike, though neither may know the other's code."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors.declarations import _Loader
from connectors.fitting import exact
from mappings.language.yaml_nodes import plain_data, read_yaml

WORDS = [
    *(
        "true",
        "True",
        "TRUE",
        "tRUE",
        "false",
        "no",
        "NO",
        "yes",
        "on",
        "off",
        "y",
        "null",
        "Null",
        "NULL",
        "nULL",
        "~",
        "",
    ),
    *(
        "0",
        "-0",
        "007",
        "+1",
        "0x1F",
        "0o7",
        "1_000",
        "12:30",
        "2026-02-27",
        "2026-02-27T10:00:00Z",
        ".5",
        "5.",
        ".inf",
    ),
    *("-.inf", ".nan", "=", "<<", "1.50", "-0.5", "12345678901234", "0.1", "- 1", "1 000"),
]
TEXTS = st.sampled_from(WORDS) | st.from_regex(r"[-+]?[0-9_]{1,12}(\.[0-9_]{1,4})?", fullmatch=True)


def declared(text):
    return exact(yaml.load(f"key: {text}", _Loader)["key"])


def of_a_route(text):
    return plain_data(read_yaml(Path("a.yaml"), f"key: {text}"))["key"]


@given(TEXTS)
def test_a_plain_value_is_the_same_in_a_declaration_and_in_a_route(text):
    try:
        wanted = of_a_route(text)
    except ValueError:
        with pytest.raises(yaml.YAMLError):
            declared(text)
        return
    found = declared(text)
    assert (type(found), found) == (type(wanted), wanted)


@pytest.mark.parametrize("text", ["1e5", "1.5E-3", "0e0"])
def test_a_declaration_may_be_json_and_has_all_of_its_numbers(text):
    """In a route they are text: an id that looks like a number must not change."""
    assert declared(text) == Decimal(repr(json.loads(text)))
    assert of_a_route(text) == text
