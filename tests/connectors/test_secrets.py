"""Secrets do not leave the process in any spelling."""

from __future__ import annotations

import base64
import io
import json
import logging
import sys
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.secrets import Masking, Secrets, hide, mask, safe_shape

secret_values = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=40).filter(
    lambda text: len(set(text)) > 5 and "*" not in text
)
surroundings = st.text("abc :/{}'\"=\n", max_size=12)


def spellings(value):
    raw = value.encode()
    return [
        value,
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        quote(value, safe="").lower() if value.isascii() and value == value.lower() else value,
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        base64.b64encode(raw).decode().rstrip("="),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        json.dumps(json.dumps({"key": value}))[1:-1],
    ]


@settings(deadline=None)
@given(value=secret_values, before=surroundings, after=surroundings)
def test_every_spelling_of_a_secret_is_masked(value, before, after):
    secrets = Secrets()
    secrets.hide(value)
    for spelling in spellings(value):
        masked = secrets.mask(f"{before}{spelling}{after}")
        assert spelling not in masked
        assert value not in masked
        assert "***" in masked


@settings(deadline=None)
@given(value=secret_values, before=st.binary(max_size=10), after=st.binary(max_size=10))
def test_a_secret_inside_longer_base64_is_masked(value, before, after):
    secrets = Secrets()
    secrets.hide(value)
    text = base64.b64encode(before + value.encode() + after).decode()
    masked = secrets.mask(text)
    assert "***" in masked
    # what is left of the value are the bits it shares with its neighbours
    assert len(masked) <= len(text) - len(value.encode()) * 8 // 6 + 3 + 2


@settings(deadline=None)
@given(value=secret_values, before=surroundings)
def test_logs_and_their_tracebacks_are_masked(value, before):
    secrets = Secrets()
    secrets.hide(value)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s %(extra)s"))
    handler.addFilter(Masking(secrets))
    logger = logging.getLogger("test-masking")
    logger.propagate = False
    logger.handlers = [handler]

    def fail():
        raise ValueError(f"{before}{value}")

    try:
        try:
            fail()
        except ValueError as error:
            raise RuntimeError({"password": value}) from error
    except RuntimeError:
        logger.exception("could not log in with %s and %r", value, {"key": value}, extra={"extra": value})
    text = stream.getvalue()
    assert "could not log in with ***" in text
    assert "Traceback" in text
    for spelling in spellings(value):
        assert spelling not in text


def test_a_formatter_that_prints_tracebacks_itself_finds_none():
    try:
        raise ValueError("open-sesame")  # noqa: TRY301 -- a traceback is what is wanted
    except ValueError:
        record = logging.LogRecord("n", logging.ERROR, "p", 1, "failed", None, sys.exc_info())
    secrets = Secrets()
    secrets.hide("open-sesame")
    Masking(secrets).filter(record)
    assert record.exc_info is None
    assert record.exc_text.endswith("ValueError: ***")


def test_a_longer_secret_is_masked_whole_even_if_it_begins_with_a_shorter_one():
    hide("alpha-beta")
    hide("alpha-beta-gamma")
    assert mask("alpha-beta-gamma alpha-beta") == "*** ***"


@pytest.mark.parametrize("value", ["", "a", "abc"])
def test_values_too_short_to_be_secrets_do_not_blank_out_ordinary_text(value):
    hide(value)
    assert mask("abc abc") == "abc abc"


def test_log_records_without_secrets_read_as_before():
    record = logging.LogRecord("n", logging.INFO, "p", 1, "%s of %d", ("one", 2), None)
    assert Masking().filter(record)
    assert record.getMessage() == "one of 2"


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("RE-2024/0815", "AA-9999/9999"),
        ("Müller GmbH", "Aaaaaa AaaA"),
        (1234.5, "9999.9"),
        (None, "Aaaa"),
        ("a\nb", "a a"),
        ("x" * 41, "a" * 39 + "…"),
        ("x" * 40, "a" * 40),
    ],
)
def test_the_shape_of_a_value_tells_its_form_only(value, shape):
    assert safe_shape(value) == shape


@settings(deadline=None)
@given(value=st.text())
def test_a_shape_never_tells_a_letter_or_a_digit(value):
    shape = safe_shape(value)
    assert len(shape) <= 40
    assert all(character in "9aA" for character in shape if character.isalnum())
