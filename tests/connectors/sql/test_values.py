"""Values reach a column exactly or not at all."""

from decimal import Context, Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql

from connectors.sql.values import ValueProblem, convert

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)


@given(NUMBERS, st.integers(1, 30), st.integers(0, 10))
def test_a_number_that_passes_is_kept_whole_by_the_column(number, precision, scale):
    scale = min(scale, precision)
    try:
        kept = convert(number, sa.Numeric(precision, scale), "postgresql")
    except ValueProblem:
        return
    assert kept == number
    assert kept == kept.quantize(Decimal(1).scaleb(-scale), context=_wide())
    assert abs(kept) < Decimal(10) ** (precision - scale)


@given(st.integers(-99999, 99999), st.integers(0, 2))
def test_a_number_that_fits_passes(unscaled, places):
    number = Decimal(unscaled).scaleb(-places)
    assert convert(number, sa.Numeric(7, 2), "postgresql") == number


@given(NUMBERS)
def test_what_passes_to_a_binary_number_comes_back_the_same(number):
    for kind, dialect in ((sa.Float(), "postgresql"), (sa.Numeric(), "sqlite")):
        try:
            kept = convert(number, kind, dialect)
        except ValueProblem:
            continue
        assert Decimal(repr(float(kept))) == number


@pytest.mark.parametrize(
    ("kind", "dialect", "value", "wanted"),
    [
        (mysql.TINYINT(1), "mysql", True, 1),
        (sa.SmallInteger(), "postgresql", 32767, 32767),
        (mysql.INTEGER(unsigned=True), "mysql", 2**32 - 1, 2**32 - 1),
        (sa.Text(), "postgresql", Decimal("1.50"), "1.50"),
        (sa.Text(), "postgresql", 7, "7"),
        (sa.Numeric(10, 2), "postgresql", Decimal("1.500"), Decimal("1.500")),
        (sa.Integer(), "postgresql", Decimal("3.00"), 3),
        (sa.Enum("a", "b"), "postgresql", "a", "a"),
        (sa.Text(), "postgresql", None, None),
    ],
)
def test_what_fits_is_converted(kind, dialect, value, wanted):
    assert convert(value, kind, dialect) == wanted


@pytest.mark.parametrize(
    ("kind", "dialect", "value"),
    [
        (sa.SmallInteger(), "postgresql", 32768),
        (mysql.INTEGER(unsigned=True), "mysql", -1),
        (sa.REAL(), "postgresql", Decimal("1.2345678")),
        (sa.Enum("a", "b"), "postgresql", "c"),
        (sa.Uuid(), "postgresql", "no"),
        (sa.Time(), "postgresql", "noon"),
        (sa.LargeBinary(), "postgresql", "x"),
        (sa.Text(), "postgresql", "\ud800"),
        (sa.DateTime(timezone=True), "postgresql", "2026-12-31"),
        (sa.Integer(), "postgresql", "7"),
        (sa.Text(), "postgresql", Decimal("NaN")),
        (sa.JSON(), "postgresql", {"total": Decimal("Infinity")}),
    ],
)
def test_what_does_not_fit_is_refused(kind, dialect, value):
    with pytest.raises(ValueProblem):
        convert(value, kind, dialect)


def _wide():
    return Context(prec=80)
