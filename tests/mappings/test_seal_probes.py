"""Hostile expressions and templates: each is refused, stopped or harmless, and none takes a fifth of a second."""

import time
from decimal import Decimal

import pytest

from mappings.language.expressions import compile_expression, compile_template
from mappings.language.missing import MISSING
from mappings.language.seal import ExpressionError
from mappings.language.tables import Table
from mappings.language.values import LONGEST_TEXT, ValueProblem

LIMIT = 1.0  # seconds of CPU time; a bomb takes minutes, a collection of garbage in a long test run up to 0.3
TABLES = {"t": Table("t", {"a": "b"})}
DOCUMENT: dict[str, object] = {
    "id": "d1",
    "text": "a" * 50_000,
    "huge_text": "a" * 5_000_000,
    "big": ["a" * 10_000] * 20,
    "long": [0] * 100_000,
    "nines": 10**30 - 1,
    "huge_int": 10**100_000,
    "tiny": Decimal("1e-999999"),
    "exponent": Decimal("1e999999999999"),
    "nan": Decimal("NaN"),
    "snan": Decimal("sNaN"),
    "infinity": Decimal("Infinity"),
    "float": 1e308,
    "fn": len,
    "cls": str,
    "self_reference": [],
    "n": 1,
}
DEEP: object = []
for _ in range(100_000):
    DEEP = [DEEP]
DOCUMENT["deep"] = DEEP
DOCUMENT["deep_too"] = [DEEP[0]]
OTHER: object = []
for _ in range(100_000):
    OTHER = [OTHER]
DOCUMENT["other"] = OTHER

REFUSED = [
    # calls of any kind
    "range(10**9)",
    "dict()",
    "cycler()",
    "joiner()",
    "namespace()",
    "lipsum(100000)",
    "lipsum.__globals__['os'].popen('id').read()",
    "cycler.__init__.__globals__.os.popen('id').read()",
    "joiner.__init__.__globals__.os.system('id')",
    "namespace.__init__.__globals__.os.environ",
    "self.__init__.__globals__",
    "self()",
    "id.upper()",
    "id.format(1)",
    "'{0.__class__}'.format(id)",
    "'{:>999999999}'.format(1)",
    "id.format_map(text)",
    "text.join(big)",
    "text.center(1000000000)",
    "text.encode('utf-8')",
    "''.join(['a'])",
    "[].append(1)",
    "big.append(1)",
    "big.pop()",
    "long.sort()",
    "fn(id)",
    "cls(1)",
    "cls.mro()",
    "open('/etc/passwd').read()",
    "__import__('os').system('id')",
    "eval('1')",
    "exec('1')",
    "getattr(id, '__class__')",
    "caller()",
    "super()",
    "loop()",
    "url_for.__globals__",
    "get_flashed_messages.__globals__",
    "(id)(1)",
    "id[0]()",
    "(1)()",
    "''.__class__()",
    "lookup('t')",
    "_('x')",
    "gettext('%(x)s')",
    # Python attributes
    "id.__class__",
    "''.__class__",
    "''.__class__.__mro__",
    "[].__class__.__base__.__subclasses__",
    "().__class__.__bases__[0]",
    "(1).__class__",
    "1.5.__class__",
    "true.__class__",
    "none.__class__",
    "id['__class__']",
    "''['__class__']",
    "id.__class__.__mro__[1].__subclasses__",
    "fn.__globals__",
    "fn.__self__",
    "cls.__subclasses__",
    "(id ~ '').__class__",
    "(id | trim).__class__",
    "[1][0].__class__",
    "[].append",
    "''.upper",
    "__builtins__",
    "__class__",
    "__globals__.os",
    "config.__class__",
    "request.__class__",
    # filters that are not ours
    "id | attr('__class__')",
    "id | attr('upper')",
    "'%s' | format(id)",
    "'%999999999d' | format(1)",
    "text | center(999999999)",
    "text | indent(999999)",
    "text | wordwrap(1)",
    "long | map('upper')",
    "long | map(attribute='__class__')",
    "long | batch(1)",
    "long | slice(999999999)",
    "long | sort",
    "long | groupby('__class__')",
    "long | selectattr('__class__')",
    "long | select('eq', 0)",
    "long | reject('eq', 0)",
    "long | sum",
    "long | random",
    "long | unique",
    "long | tojson",
    "long | list",
    "text | list",
    "text | reverse",
    "text | escape",
    "text | safe",
    "text | urlize",
    "text | xmlattr",
    "text | pprint",
    "text | filesizeformat",
    "'1e999999999' | int",
    "'1e999999999' | float",
    "text | truncate(1)",
    "text | striptags",
    "id | lookup('/etc/passwd')",
    "id | lookup(id)",
    "id | lookup",
    "id | replace(*big)",
    "id | replace(**big)",
    "id | default(value='x')",
    # tests that are not ours
    "id is callable",
    "id is sameas id",
    "id is filter",
    "long is iterable",
    "id is eq id",
    "id is divisibleby 0",
    "id is escaped",
    "id is defined(1)",
    # operators and literals that are not ours
    "9 ** 9",
    "9 ** 9 ** 9 ** 9",
    "2 ** nines",
    "nines % 7",
    "'%s' % id",
    "'%99999999d' % 1",
    "9 // 2",
    "{'a': 1}",
    "{'__class__': 1}.a",
    "{}",
    "text[::2]",
    "long[::-1]",
    "1e999",
    "1e-999",
    "1_0e3_1",
    "9" * 31,
    "9" * 400,
    "0x" + "f" * 400,
    "'\\ud800'",
    "1.5j",
    "lambda: 1",
    "x for x in long",
    "[x for x in long]",
    "id if",
    "id; id",
    "id = 1",
    "(id := 1)",
    "id\n}}{{ id",
    "id }} {{ fn",
    "id %} {% set x = 1",
    "{{ id }}",
    "{% for x in long %}",
    "# id",
    "`id`",
    "id ? 1 : 2",
    "$ENV",
    "@",
    "\x00",
    "id\x00",
    # too long and too deep
    "1" + "+1" * 250,
    "1" + "+1" * 200,
    "(" * 240 + "1" + ")" * 240,
    "(" * 499,
    "[" * 200 + "]" * 200,
    "not " * 120 + "id",
    "-" * 400 + "1",
    "id" + "|trim" * 99,
    "id" + "|default(" * 40 + "1" + ")" * 40 + "|x",
    "id or " * 83 + "x",
    "1 if " * 70 + "1",
    "(" * 61 + "id" + "[n].a)" * 61,
]

STOPPED = [
    "'1e999999999' | decimal",
    # numbers that would take for ever to write out or to calculate with
    "exponent + 1",
    "exponent * exponent",
    "exponent - 1",
    "-exponent",
    "+exponent",
    "exponent ~ ''",
    "exponent | round",
    "exponent | round(10)",
    "exponent | abs",
    "exponent | lookup('t')",
    "tiny + 1",
    "tiny ~ ''",
    "tiny | round(2)",
    "huge_int + 1",
    "huge_int * huge_int",
    "huge_int ~ ''",
    "huge_int | round",
    "huge_int | lookup('t')",
    "nines * nines",
    "nines * nines * nines * nines",
    "nines + 1",
    "nines / 0",
    "0 / 0",
    "nan + 1",
    "nan ~ ''",
    "nan | round",
    "nan < 1",
    "snan < 1",
    "snan == 1",
    "infinity + 1",
    "infinity ~ ''",
    "infinity - infinity",
    "float + 1",
    "float * float",
    "float ~ ''",
    "float == 1",
    "float < 1",
    "1 in [float]",
    # text that would eat memory
    "text | replace('a', text)",
    "text | replace('a', 'aaaa')" + " | replace('a', 'aaaa')" * 10,
    "text ~ text ~ text",
    "(text ~ text) ~ (text ~ text)",
    "big | join",
    "big | join(text)",
    "huge_text | upper",
    "huge_text | trim",
    "huge_text ~ ''",
    "huge_text | replace('a', '')",
    "'a' in huge_text",
    "text in huge_text",
    "id | replace('', text)",
    "text * 1000000",
    "1000000 * text",
    "long * 1000000",
    "[0] * 1000000",
    "long + long",
    "text + text",
    "'%s' + text",
    "text - 1",
    "text / 2",
    # Python objects that should never be in a document
    "fn ~ ''",
    "cls ~ ''",
    "fn + 1",
    "fn < cls",
    "fn | trim",
    "1 in fn",
    "fn[0:1]",
    "cls | length",
    "cls | first",
    # depth
    "deep == other",
    "other in [deep]",
    "deep ~ ''",
    "deep + 1",
    "deep < deep",
    "text[n:id]",
    "text[nines / 2:]",
    "text[:float]",
    "n | round(nines)",
    "n | round(-1)",
    "n | round(true)",
]

HARMLESS = [
    "self",
    "loop",
    "range",
    "dict",
    "lipsum",
    "cycler",
    "config",
    "request",
    "os.environ",
    "sys.modules",
    "self.x",
    "_TemplateReference__context",
    "self._TemplateReference__context",
    "(" * 61 + "id" + "[0].a)" * 61,
    "id.upper",
    "id.format",
    "text.join",
    "fn.func_globals",
    "fn.gi_frame",
    "cls.mro",
    "big.append",
    "long.sort",
    "id['upper']",
    "id[0]",
    "id[nines]",
    "long[nines]",
    "long[-nines]",
    "long[exponent]",
    "long[float]",
    "long[true]",
    "long['0']",
    "deep['x']",
    "deep[0][0][1]",
    "deep.a.b.c",
    "fn['__' ~ 'globals__']",
    "id['__cl' ~ 'ass__']",
    "(id ~ '')['__' ~ 'class__']",
    "cls[id]",
    "text[id]",
    "id['a'][b]['c']",
    "a" + ".b" * 249,
    "a" + "[0]" * 160,
    "fn" + ".x" * 200,
]


def test_there_are_well_over_a_hundred_probes():
    assert len({*REFUSED, *STOPPED, *HARMLESS}) == len([*REFUSED, *STOPPED, *HARMLESS]) > 250


@pytest.fixture(autouse=True)
def _in_time():
    started = time.thread_time()
    yield
    assert time.thread_time() - started < LIMIT


@pytest.mark.parametrize("probe", REFUSED, ids=range(len(REFUSED)))
def test_a_hostile_expression_is_refused_when_the_route_is_loaded(probe):
    with pytest.raises(ExpressionError) as caught:
        compile_expression(probe, TABLES)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("probe", [probe for probe in REFUSED if "}}" not in probe], ids=str.__len__)
def test_what_is_refused_bare_is_refused_in_a_template_too(probe):
    with pytest.raises(ExpressionError):
        compile_template(f"{{{{ {probe} }}}}", TABLES)


@pytest.mark.parametrize("probe", STOPPED, ids=range(len(STOPPED)))
def test_a_hostile_expression_is_stopped_when_it_meets_a_document(probe):
    expression = compile_expression(probe, TABLES)
    with pytest.raises(ValueProblem) as caught:
        expression.evaluate(DOCUMENT)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("probe", HARMLESS, ids=range(len(HARMLESS)))
def test_names_of_python_and_jinja_mean_nothing(probe):
    assert compile_expression(probe, TABLES).evaluate(DOCUMENT) is MISSING


@pytest.mark.parametrize(
    "probe",
    [
        "{% for x in long %}x{% endfor %}",
        "{% set x = 1 %}{{ x }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% from 'os' import path %}",
        "{% extends 'x' %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% call f() %}{% endcall %}",
        "{% filter upper %}x{% endfilter %}",
        "{% block x %}{% endblock %}",
        "{% if id %}x{% endif %}",
        "{% with x = 1 %}{{ x }}{% endwith %}",
        "{% autoescape true %}{% endautoescape %}",
        "{% do id %}",
        "{% debug %}",
        "{% raw %}{{ id }}",
        "{{ id",
        "{{ }}",
        "{{ [1, 2] }}",
        "{{ 1, 2 }}",
        "{{ super() }}",
        "{{ self.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ {} }}",
        "{{ " + "(" * 900 + "1" + ")" * 900 + " }}",
        "x" * 2_001,
    ],
)
def test_a_hostile_template_is_refused_when_the_route_is_loaded(probe):
    with pytest.raises(ExpressionError):
        compile_template(probe, TABLES)


def test_the_longest_legal_chain_of_filters_on_the_longest_text_is_quick():
    expression = compile_expression("text" + "|upper" * 58, {})
    expression.evaluate({"text": "ß" * (LONGEST_TEXT // 2)})


def test_the_longest_legal_list_of_searches_is_quick():
    expression = compile_expression(" or ".join(["'b' in text"] * 30), {})
    assert expression.evaluate({"text": "a" * LONGEST_TEXT}) is False
