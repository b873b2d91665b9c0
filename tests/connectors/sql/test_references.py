"""Child rows that refer to another column of the main row than its primary key."""

from pathlib import Path

import pytest

from connectors.contract import Delivery
from connectors.errors import AccessError, RejectedError

STREAM = "orders: {children: {lines: {table: order_lines, parent: order_no, references: number}}}"
CHILDREN = "CREATE TABLE order_lines (order_no VARCHAR(10), position INTEGER, text TEXT)"


@pytest.fixture
def declared(store):
    Path(store.streams).write_text(STREAM)


@pytest.fixture
async def orders(store, declared):
    """Open a stream whose main table has this column `number`."""
    opened = []

    async def make(number, children=CHILDREN):
        store.execute(f"CREATE TABLE orders (docferry_key VARCHAR(100) PRIMARY KEY, number {number}, title TEXT)")
        store.execute(children)
        opened.append(await store.open())
        return opened[0].destinations["orders"]

    yield make
    for connection in opened:
        await connection.close()


def order(number, *texts, key="k1"):
    return Delivery(key, {"number": number, "lines": [{"text": text} for text in texts]})


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("VARCHAR(10) NOT NULL", r"orders\.number must be unique.*CREATE UNIQUE INDEX orders_number ON orders"),
        ("VARCHAR(10) UNIQUE", r"orders\.number may be null.*make it NOT NULL"),
    ],
)
async def test_what_children_refer_to_must_be_unique_and_never_null(store, orders, journal, number, words):
    stream = await orders(number)
    with pytest.raises(AccessError, match=words):
        stream.check({})
    with pytest.raises(AccessError, match=words):
        await stream.push(order("A-1", "one"), journal)
    assert store.rows("orders") == []


async def test_children_follow_when_what_they_refer_to_changes(store, orders, journal, new_journal):
    stream = await orders("VARCHAR(10) NOT NULL UNIQUE")
    await stream.push(order("B-1", "theirs", key="k2"), new_journal())
    made = await stream.push(order("A-1", "one", "two"), journal)
    changed = order("A-2", "one", "three")
    await stream.push(Delivery(changed.key, changed.payload, (), made), journal)
    assert store.rows("order_lines", order="1, 2") == [("A-2", 1, "one"), ("A-2", 2, "three"), ("B-1", 1, "theirs")]


async def test_a_foreign_key_does_not_keep_what_children_refer_to_from_changing(store, orders, journal):
    bound = "CREATE TABLE order_lines (order_no VARCHAR(10) REFERENCES orders(number), position INTEGER, text TEXT)"
    stream = await orders("VARCHAR(10) NOT NULL UNIQUE", bound)
    await stream.push(order("A-1", "one"), journal)
    await stream.push(order("A-2", "one"), journal)
    assert store.rows("order_lines") == [("A-2", 1, "one")]


async def test_a_row_that_children_cannot_refer_to_is_refused_and_nobodys_children_stay(store, orders, journal):
    stream = await orders("VARCHAR(10) NOT NULL UNIQUE")
    stream.check(order("A-1").payload)
    # altered since the tables were read
    store.execute("DROP TABLE orders")
    store.execute("CREATE TABLE orders (docferry_key VARCHAR(100) PRIMARY KEY, number VARCHAR(10), title TEXT)")
    store.execute("INSERT INTO orders VALUES ('k1', NULL, 'x')")
    store.execute("INSERT INTO order_lines VALUES (NULL, 1, 'somebody else''s')")
    with pytest.raises(RejectedError, match=r"orders\.number is null"):
        await stream.push(order("A-1", "one"), journal)
    assert store.rows("order_lines") == [(None, 1, "somebody else's")]
