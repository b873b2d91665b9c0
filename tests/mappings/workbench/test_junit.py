"""JUnit XML: what CI systems read, checked with a parser of others."""

from junitparser import Error, Failure, JUnitXml

from mappings.language import Problem
from mappings.workbench.junit import Report
from mappings.workbench.testing import run_tests


def test_suites_cases_and_failures_are_read_by_a_junit_parser(tests_of, tmp_path):
    route = tests_of(
        "  - {name: 'passes, <&> too', input: samples/one.json, expect: {total: 12.5}}\n"
        '  - {name: fails, input: samples/one.json, expect: {title: "bell \\a ]]>"}}\n'
    )
    report = Report()
    report.add("one", "mappings/one.yaml", run_tests(route))
    report.add_unreadable("two", "mappings/two.yaml", [Problem(tmp_path / "two.yaml", 3, 1, "unknown key 'form'")])
    file = tmp_path / "junit.xml"
    file.write_bytes(report.xml())

    read = JUnitXml.fromfile(str(file))
    assert (read.tests, read.failures, read.errors) == (3, 1, 1)
    one, two = list(read)
    assert (one.name, one.tests, one.failures, one.errors) == ("one", 2, 1, 0)
    passes, fails = list(one)
    assert (passes.name, passes.classname, passes.is_passed) == ("passes, <&> too", "one", True)
    assert passes.time >= 0
    (failure,) = fails.result
    assert isinstance(failure, Failure)
    assert failure.message == 'title: expected "bell \\u0007 ]]>", got "invoice 1" (rule on line 4)'
    assert failure.text.startswith("mappings/one.yaml:12: title: expected")
    (case,) = list(two)
    (error,) = case.result
    assert isinstance(error, Error)
    assert error.message.endswith("two.yaml:3:1: unknown key 'form'")


def test_characters_that_xml_cannot_hold_are_shown_as_escapes(route):
    (trial,) = run_tests(route('fields: {a: a}\ntests:\n  - {name: "t\\x01", expect: {a: 1}}\n'))
    report = Report()
    report.add("r", "r.yaml", [trial])
    (suite,) = JUnitXml.fromstring(report.xml())
    assert [case.name for case in suite] == ["t\\x01"]
