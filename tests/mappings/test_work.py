"""Hostile routes: whatever they multiply, a document is mapped, rejected or stopped in a fifth of a second."""

import threading
import time
from decimal import Decimal

import pytest

from mappings.language import MappingError, RouteError, load_route
from mappings.language.conversions import TYPES
from mappings.language.filters import FILTERS
from mappings.language.work import FOR_A_FIELD, MOST
from tests.mappings.hostile import DOCUMENT, in_time

CHAIN = range(1, 39)
DOUBLED = 'vars:\n  v0: "[n, n]"\n  w0: "[n, n]"\n' + "".join(
    f'  {name}{number}: "[{name}{number - 1}, {name}{number - 1}]"\n' for number in CHAIN for name in "vw"
)
EACH = "l: {each: items, as: i, fields: {m: {each: items, as: j, fields: {x: i.n}}}}"
BOMBS = {
    # each inside each: the product of sizes
    "two lists": EACH,
    "three lists": "l: {each: items, as: i, fields: {m: {each: items, as: j, fields: {o: {each: items, as: k, fields: {x: k}}}}}}",
    "two lists, a condition": "l: {each: long, as: i, fields: {m: {each: long, as: j, when: j == 1, fields: {x: i}}}}",
    "two lists of mistakes": "l: {each: items, as: i, fields: {m: {each: items, as: j, fields: {x: {from: i.q, required: true}}}}}",
    "two lists, mistakes skipped": "l: {each: items, as: i, on_error: skip, fields: {m: {each: items, as: j, on_error: skip, fields: {x: {from: i.t, type: integer, on_error: skip}}}}}",
    "two lists through a var": f"{EACH.replace('items', 'rows')}\nvars: {{rows: items}}",
    "two lists in alternatives": f"a: {{first: [{{list: [{{{EACH}}}], on_error: skip}}, n]}}",
    "many operations": 'l: {each: items, as: i, fields: {m: {each: items, as: j, fields: {x: "'
    + " + ".join(["j.n"] * 50)
    + '"}}}}',
    "long templates": 'l: {each: items, as: i, fields: {x: {template: "' + "{{ n }}" * 250 + '"}}}',
    # the same large thing again and again
    "long text": "l: {each: items, as: i, fields: {x: text | upper}}",
    "joined text": "l: {each: items, as: i, fields: {x: text ~ i.n}}",
    "searched lists": 'l: {each: items, as: i, fields: {x: "1 in long or 1 in long"}}',
    "joined lists": "l: {each: items, as: i, fields: {x: long | join}}",
    "joined lists, problems skipped": "l: {each: items, as: i, fields: {x: {from: \"long | join(', ')\", on_error: skip}}}",
    # much that is short by itself: ten thousands of times what costs little each time
    "searched short lists": 'l: {each: long, as: i, fields: {x: "i in hundred or i in hundred"}}',
    "joined short lists": "l: {each: long, as: i, fields: {x: numbers | join}}",
    "short text in capitals": "l: {each: long, as: i, fields: {x: short | upper}}",
    "compared long numbers": "l: {each: long, as: i, fields: {x: digits == exponent, y: digits < large}}",
    "calculated long numbers": "l: {each: long, as: i, fields: {x: {from: fraction + 1, on_error: skip}}}",
    "copied objects": "l: {each: items, as: i, fields: {x: object}}",
    "copied lists": "l: {each: items, as: i, fields: {x: items}}",
    "compared text": "l: {each: items, as: i, fields: {x: huge_text == huge_text}}",
    "cut text": 'l: {each: items, as: i, fields: {x: "huge_text[1:]"}}',
    "objects in many rules": "".join(f"a{number}: object\n  " for number in range(300)),
    # vars of vars: exponential growth
    "lists of lists through vars": f"a: v38\n{DOUBLED}",
    "compared lists of lists": f"a: v38 == w38\n  b: v38 in [w38]\n{DOUBLED}",
    "text through vars": "a: v38\nvars:\n  v0: text\n" + "".join(f"  v{n}: v{n - 1} ~ v{n - 1}\n" for n in CHAIN),
    "replaced text through vars": "a: v38\nvars:\n  v0: text\n"
    + "".join(f"  v{n}: v{n - 1} | replace('a', 'aa')\n" for n in CHAIN),
    "sums through vars": "a: v38\nvars:\n  v0: nines\n" + "".join(f"  v{n}: v{n - 1} * v{n - 1}\n" for n in CHAIN),
    "vars with long text": "".join(f"a{n}: v{n}\n  " for n in range(600))
    + "\nvars:\n"
    + "".join(f"  v{n}: text ~ {n}\n" for n in range(600)),
    # alternatives that come to nothing
    "many alternatives": "a: {first: [" + ", ".join(["text | upper | lookup('t')"] * 800) + "]}\ntables: {t: {a: b}}",
}
SHORT = {
    "hundred": [2] * 100,
    "numbers": [Decimal("1" * 29 + ".5")] * 24,
    "short": "ß" * 1_000,
    "digits": 10**4_000,
    "large": Decimal("1e9999"),
    "fraction": Decimal("1." + "1" * 60_000),
}
HEAD = "source: a.b\ndestination: c.d\nfields:\n  "


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_stopped_in_time(write_route, name):
    loaded = load_route(write_route(f"{HEAD}{BOMBS[name]}\n"))
    document = DOCUMENT | SHORT

    def attempt():
        with pytest.raises(MappingError) as caught:
            loaded.apply(document)
        return caught.value

    stopped = in_time(attempt)
    assert len(str(stopped)) < 5_000
    assert (
        "steps that a document may take" in str(stopped)
        or "100,000 characters" in str(stopped)
        or "30 digits" in str(stopped)
    )


def test_vars_that_nobody_uses_cost_nothing_and_those_in_use_are_evaluated_once(write_route):
    chain = 'vars:\n  v0: "[n, n]"\n' + "".join(f'  v{n}: "[v{n - 1}, v{n - 1}]"\n' for n in CHAIN)
    loaded = load_route(write_route(f"{HEAD}a: n\n  b: v38 | length\n{chain}"))
    assert in_time(lambda: loaded.apply(DOCUMENT)).payload == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "text",
    [
        "a: v200\nvars:\n  v0: n\n" + "".join(f"  v{n}: v{n - 1}\n" for n in range(1, 201)),
        "a: v8\nvars:\n  v0: n\n" + "".join(f"  v{n}: {'(' * 40}v{n - 1}{' + 1)' * 40}\n" for n in range(1, 9)),
        "a: v0\nvars:\n  v999: v0\n" + "".join(f"  v{n}: v{n + 1}\n" for n in range(999)),
        "a: " + "{first: [" * 30 + "n" + "]}" * 30,
        "a: " + "{list: [" * 500 + "n" + "]}" * 500,
        "".join(f"a{'.b' * n}: n\n  " for n in range(200)),
    ],
    ids=[
        "a long chain",
        "a deep chain",
        "a long circle",
        "deep alternatives",
        "deep lists",
        "targets inside each other",
    ],
)
def test_what_nests_too_deeply_is_refused_in_time(write_route, text):
    path = write_route(f"{HEAD}{text}\n")

    def load():
        with pytest.raises(RouteError) as caught:
            load_route(path)
        return caught.value

    assert len(in_time(load).problems) <= 200


def test_a_large_route_is_read_in_time_in_proportion_to_its_length(write_route):
    rules = "".join(f"a{number}.b.c: entities.x{number}\n  " for number in range(1_000))
    assert len(in_time(lambda: load_route(write_route(HEAD + rules))).rules) == 1_000


@pytest.mark.parametrize("value", ["huge_text", "text", "long", "object", "nines"])
def test_no_filter_and_no_type_holds_up_a_run(write_route, value):
    rules = [f"{value} | {known.written}" for known in FILTERS.values()]
    rules += [f"{value}, type: {name}{', currency: EUR' if name == 'money' else ''}" for name in TYPES]
    for rule in rules:
        quoted, _, rest = rule.partition(", type")
        text = f'{HEAD}l: {{each: items, as: i, fields: {{x: {{from: "{quoted}", on_error: skip{", type" + rest if rest else ""}}}}}}}\n'
        loaded = load_route(write_route(text))
        in_time(lambda loaded=loaded: loaded.attempt(DOCUMENT))


def heavy_words():
    """Give those filters and types, as in their examples, of which one application may take some microseconds."""
    for known in FILTERS.values():
        for example in known.examples:
            yield f'"{example.written}"', {}
    for known in TYPES.values():
        for example in known.examples:
            yield f"v, {example.written}", {"v": example.given}


def test_what_filters_and_types_cost_is_counted(write_route):
    tried = 0
    for rule, given in heavy_words():
        rows = (
            f"{HEAD}l: {{each: items, as: i, fields: {{m: {{each: items, as: j, fields: {{x: {{from: {rule}}}}}}}}}}}\n"
        )
        loaded = load_route(write_route(rows))
        once = {**given, "items": [[0]] * 10}
        loaded.apply(once)  # what is loaded when it is first used, is loaded now
        started = time.thread_time()
        loaded.apply(once)
        if time.thread_time() - started > 100 * 8e-6:
            tried += 1
            mapped, (problem,) = in_time(lambda loaded=loaded, given=given: loaded.attempt(DOCUMENT | given))
            assert (mapped.payload, "steps that a document may take" in problem.message) == ({}, True)
    assert tried > 5


def test_a_document_that_takes_too_much_says_where_and_why(write_route):
    loaded = load_route(write_route(f"{HEAD}a: n\n  {EACH}\n"))
    mapped, (problem,) = loaded.attempt(DOCUMENT)
    assert mapped.payload == {}
    assert (problem.line, problem.sources) == (5, ("items",))
    assert problem.target.startswith("l[")
    assert str(problem).endswith(
        f"it needs more than the {MOST:,} steps that a document may take (and {FOR_A_FIELD} for each field of the objects in its lists); an each inside an each multiplies their items, and long text counts as well"
    )


def test_a_condition_that_takes_too_much_rejects_too(write_route):
    text = HEAD.replace("fields:", 'when: "' + " or ".join(["1 in long"] * 30) + '"\nfields:')
    with pytest.raises(MappingError, match="when: it needs more than"):
        in_time(lambda: load_route(write_route(f"{text}a: n\n")).apply(DOCUMENT))


def test_every_document_and_every_thread_has_its_own_count(write_route):
    loaded = load_route(write_route(f"{HEAD}l: {{each: items, as: i, fields: {{x: i.n, y: i.t}}}}\n"))
    document = {"items": DOCUMENT["items"] * 60}
    answers = []

    def work():
        answers.extend(len(loaded.apply(document).payload["l"]) for _ in range(3))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [60_000] * 6


LINE = """
  lines:
    each: items
    as: i
    fields:
      position: index
      text: i.text | trim
      day: {from: i.day, type: date, format: "%d.%m.%Y"}
      unit: {from: i.unit, lookup: units}
      label: {template: "{{ i.text }} ({{ i.unit }})"}
"""


def test_an_honest_invoice_of_many_lines_is_no_bomb(write_route):
    amounts = "".join(f"      a{n}: {{from: i.amount, type: decimal}}\n" for n in range(5))
    loaded = load_route(write_route(f"{HEAD.rstrip()}{LINE}{amounts}tables: {{units: {{Stk: C62}}}}\n"))
    line = {"text": " screws ", "day": "27.02.2026", "unit": "Stk", "amount": "12.50"}
    assert len(loaded.apply({"items": [line] * 15_000}).payload["lines"]) == 15_000


def test_many_empty_objects_allow_nothing(write_route):
    loaded = load_route(write_route(f"{HEAD}{EACH}\n"))
    hollow = {"items": [{}] * 300_000}
    assert "steps that a document may take" in in_time(lambda: loaded.attempt(hollow))[1][0].message
