"""Random documents that fit a schema, and random expressions and conditions about them."""

from decimal import Decimal

from hypothesis import strategies as st

WORDS = st.sampled_from(["", "a", "EUR", "eur", "invoice", "done", "2026-02-27", " x ", "12.50"])
NUMBERS = st.integers(-3, 3) | st.sampled_from([Decimal("0.5"), Decimal("100.00"), Decimal("-2.5")])
LEAVES = {
    "string": WORDS,
    "number": NUMBERS,
    "integer": st.integers(-3, 3),
    "boolean": st.booleans(),
    "null": st.none(),
}
PATHS = """
    id number kind status total count paid currency issued remark amount supplier supplier.name buyer.country lines
    lines[0].net lines[0].text lines[-1].position tags tags[0] extra.costCenter extra.other
"""
CONSTANTS = "'EUR' 'invoice' 'order' 'done' 'a' '' 0 1 2.5 100 true false none ['a','EUR'] [1,2]"
FILTERS = """
    upper lower trim length first last abs round(1) round(count) join(',') default('x') default(0,true) decimal integer
    string date currency lookup('t') replace('a','b') replace('a',currency) format_number('1.234,56')
"""
OPERATORS = "+ - * / ~ == != < <= > >= in and or"
COMPARISONS = "== != < <= > >= in"
TESTS = "defined undefined none string number boolean"


def documents(schema):
    """Return what makes data that fits a schema of ends.py."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "x-extensible-enum" in schema:
        return st.sampled_from([*schema["x-extensible-enum"], "another"])
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return st.one_of([_of_type(kind, schema) for kind in kinds])


def _of_type(kind, schema):
    if kind == "array":
        return st.lists(documents(schema["items"]), max_size=2)
    if kind == "object":
        inner = {name: documents(each) for name, each in schema["properties"].items()}
        needed = {name: inner[name] for name in schema.get("required", ())}
        optional = {name: each | st.none() for name, each in inner.items() if name not in needed}
        return st.fixed_dictionaries(needed, optional=optional)
    days = {"date": "2026-02-27", "date-time": "2026-02-27T12:00:00Z"}
    return st.just(days[schema["format"]]) if "format" in schema else LEAVES[kind]


def _one_of(text):
    return st.sampled_from(text.split())


def _deeper(inner):
    return st.one_of(
        st.tuples(inner, _one_of(OPERATORS), inner).map(lambda each: f"({' '.join(each)})"),
        st.tuples(inner, inner).map(lambda each: f"({each[0]} not in {each[1]})"),
        inner.map(lambda each: f"(not {each})"),
        st.tuples(inner, _one_of(FILTERS)).map(lambda each: f"({each[0]} | {each[1]})"),
        st.tuples(inner, inner, inner).map(lambda each: f"({each[0]} if {each[1]} else {each[2]})"),
        st.tuples(inner, _one_of(TESTS)).map(lambda each: f"({each[0]} is {each[1]})"),
        _one_of(PATHS).map(lambda each: f"({each})[0:2]"),
    )


EXPRESSIONS = st.recursive(_one_of(PATHS) | _one_of(CONSTANTS), _deeper, max_leaves=5)
CONDITIONS = st.recursive(
    st.one_of(
        st.tuples(_one_of(PATHS), _one_of(COMPARISONS), _one_of(CONSTANTS)).map(" ".join),
        st.tuples(_one_of(PATHS), st.just("not in"), _one_of(CONSTANTS)).map(" ".join),
        st.tuples(_one_of(PATHS), st.just("is"), _one_of(TESTS)).map(" ".join),
        _one_of(PATHS),
    ),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda each: f"({' '.join(each)})")
        | inner.map(lambda each: f"(not {each})")
    ),
    max_leaves=4,
)
