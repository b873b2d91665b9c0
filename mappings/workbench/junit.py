"""Results of tests as JUnit XML, the form that CI systems read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mappings.language.problems import Problem
    from mappings.workbench.testing import Trial

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Report:
    """Collects the results of routes and writes them out as one document: a suite per route, a case per test."""

    def __init__(self) -> None:
        self._root = ET.Element("testsuites", name="docferry map test")
        self._totals = {"tests": 0, "failures": 0, "errors": 0}
        self._seconds = 0.0

    def add(self, route: str, file: str, trials: Sequence[Trial]) -> None:
        """Add the tests of one route. `file` is the route file as it is to be shown."""
        suite = self._suite(route, file, len(trials), failures=sum(not trial.passed for trial in trials), errors=0)
        seconds = sum(trial.seconds for trial in trials)
        suite.set("time", f"{seconds:.3f}")
        self._seconds += seconds
        for trial in trials:
            place = {"name": _clean(trial.test.name), "classname": _clean(route), "time": f"{trial.seconds:.3f}"}
            case = ET.SubElement(suite, "testcase", place, file=_clean(file), line=str(trial.test.mark.line))
            if trial.failures:
                lines = [f"{file}:{failure.line}: {failure}" for failure in trial.failures]
                failed = ET.SubElement(case, "failure", message=_clean(str(trial.failures[0])), type="expectation")
                failed.text = _clean("\n".join(lines))

    def add_unreadable(self, route: str, file: str, problems: Iterable[Problem]) -> None:
        """Add a route whose file cannot be used: one case with an error."""
        told = [str(problem) for problem in problems]
        suite = self._suite(route, file, 1, failures=0, errors=1)
        case = ET.SubElement(suite, "testcase", name="the route file can be read", classname=_clean(route))
        error = ET.SubElement(case, "error", message=_clean(told[0]), type="route file")
        error.text = _clean("\n".join(told))

    def xml(self) -> bytes:
        """Return the document, in UTF-8."""
        for name, count in self._totals.items():
            self._root.set(name, str(count))
        self._root.set("time", f"{self._seconds:.3f}")
        ET.indent(self._root)
        written: bytes = ET.tostring(self._root, encoding="utf-8", xml_declaration=True)
        return written + b"\n"

    def _suite(self, route: str, file: str, tests: int, *, failures: int, errors: int) -> ET.Element:
        counts = {"tests": tests, "failures": failures, "errors": errors}
        for name, count in counts.items():
            self._totals[name] += count
        shown = {name: str(count) for name, count in counts.items()}
        return ET.SubElement(self._root, "testsuite", shown, name=_clean(route), file=_clean(file), skipped="0")


def _clean(text: str) -> str:
    """Return text without what XML cannot hold; such characters are shown as escapes."""
    return _NOT_XML.sub(lambda found: f"\\x{ord(found.group()):02x}", text)
