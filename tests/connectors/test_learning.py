"""What is learned of documents: names and kinds, whatever lies in them, and nothing that a value could be told from."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connectors.learning import MOST_NAMES, kind_of, widened
from connectors.registry import providers
from connectors.sandbox import build, serve
from mappings.language import Schema

NAMES = st.sampled_from(["a", "b", "c"])
DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(DOCUMENTS, DOCUMENTS)
def test_what_was_learned_fits_everything_that_it_was_learned_from(one, other):
    both = Schema(widened(kind_of(one), kind_of(other)))
    assert both.check(one) == both.check(other) == []
    assert widened(both.data, kind_of(one)) == both.data


@given(st.lists(DOCUMENTS, max_size=4))
def test_the_order_of_documents_does_not_matter(documents):
    there, back = {}, {}
    for document in documents:
        there = widened(there, kind_of(document))
    for document in reversed(documents):
        back = widened(back, kind_of(document))
    assert there == back


def test_no_value_is_kept_and_an_object_with_values_for_names_is_left_out():
    assert kind_of({"a": "secret", "b": Decimal("4711.00"), "c": [{"d": True}]}) == {
        "type": ["null", "object"],
        "properties": {
            "a": {"type": ["null", "string"]},
            "b": {"type": ["null", "number"]},
            "c": {
                "type": ["array", "null"],
                "items": {"type": ["null", "object"], "properties": {"d": {"type": ["boolean", "null"]}}},
            },
        },
    }
    many = {f"customer {number}": 1 for number in range(MOST_NAMES + 1)}
    assert kind_of(many) == {"type": ["null", "object"], "x-many": True}
    halves = [dict(list(many.items())[:200]), dict(list(many.items())[200:])]
    both = widened(kind_of(halves[0]), kind_of(halves[1]))
    assert "properties" not in both
    assert "properties" not in widened(both, kind_of({"customer 1": 1}))  # nor do a few of them come back later


async def test_an_account_of_hypatos_declares_the_data_points_of_its_projects():
    app = build("hypatos", documents=0, seed=7, latency=0.0)
    async with serve({"hypatos": app}) as urls:
        module = providers()["hypatos"]
        connection = await module.connect("hypatos", module.Settings(base_url=urls["hypatos"], **app.credentials))
        found = [declared async for declared in connection.declares(())]
        await connection.close()
    assert len(found) == 3
    assert found[0].schema["properties"]["costCenter"] == {"type": ["string", "null"], "description": "Cost center."}
    assert "type" not in found[0].schema["properties"]["supplier"]  # a kind that is not known says nothing
