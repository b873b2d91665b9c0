"""Asks every promise of every subject it concerns, and writes down what was kept where a certificate is wanted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from flows.certify import LEVELS
from tests.conformance.watch import WATCH
from tests.contract import account
from tests.contract.discovery import subjects
from tests.contract.subject import Subject

CERTIFICATE = "DOCFERRY_CERTIFICATE"
"""Names the file that the results go to, as JSON (not with several workers)."""
SUBJECT = "DOCFERRY_SUBJECT"
"""Only subjects whose name begins with this are asked."""
SEEN = []


def pytest_generate_tests(metafunc):
    for role in ("source", "destination", "any"):
        if f"{role}_subject" in metafunc.fixturenames:
            begins = os.environ.get(SUBJECT, "")
            chosen = [one for one in subjects() if role in ("any", one.role) and one.name.startswith(begins)]
            params = [pytest.param(one, id=one.name, marks=_marks(one, metafunc.function)) for one in chosen]
            metafunc.parametrize(f"{role}_subject", params, scope="function")


def _marks(subject, test):
    if reason := subject.exempt.get(test.__name__):
        return [pytest.mark.skip(reason=reason)]
    if reason := subject.waivers.get(test.__name__):
        return [pytest.mark.xfail(reason=reason, strict=True)]
    return []


@pytest.fixture(autouse=True)
def as_published():
    """Fail where an exchange departs from a published document (only where DOCFERRY_SPECS names one)."""
    before = len(WATCH.violations)
    yield
    assert WATCH.violations[before:] == []


@pytest.fixture
def journal():
    return account.journal()


@pytest.fixture
def source(source_subject):
    """Return what opens an account at a source."""
    return lambda settings=None, **switches: account.opened(source_subject, settings, **switches)


@pytest.fixture
def small(source_subject):
    """Return what opens an account at a source whose pages hold few rows."""
    return lambda settings=None, **switches: account.opened(
        source_subject, {**source_subject.page, **(settings or {})}, **switches
    )


@pytest.fixture
def destination(destination_subject):
    """Return what opens an account at a destination."""
    return lambda settings=None, **switches: account.opened(destination_subject, settings, **switches)


@pytest.fixture
def either(any_subject):
    """Return what opens an account of either kind."""
    return lambda settings=None, **switches: account.opened(any_subject, settings, **switches)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    mark = item.get_closest_marker("promise")
    asked = item.callspec.params.values() if hasattr(item, "callspec") else ()
    for subject in asked:
        if mark and isinstance(subject, Subject):
            report.user_properties.append(("promise", [subject.name, item.function.__name__, mark.args[0]]))
    return report


def pytest_runtest_logreport(report):
    if report.when == "call" or (report.when == "setup" and report.outcome != "passed") or report.outcome == "failed":
        for name, value in report.user_properties:
            if name == "promise":
                SEEN.append((*value, *_kept(report)))


def _kept(report):
    if hasattr(report, "wasxfail"):
        return "waived", report.wasxfail
    if report.outcome == "skipped":
        return "exempt", report.longrepr[2].removeprefix("Skipped: ")
    return ("kept", "") if report.outcome == "passed" else ("broken", "")


def pytest_sessionfinish(session):
    wanted = os.environ.get(CERTIFICATE)
    if not wanted or hasattr(session.config, "workerinput"):
        return
    found = {}
    for subject, promise, level, result, reason in SEEN:
        entry = found.setdefault(subject, {}).setdefault(
            promise, {"name": promise, "level": level, "result": result, "reason": reason}
        )
        if result == "broken":
            entry.update(result=result, reason=reason)
    connectors = {
        subject: {"promises": sorted(asked.values(), key=lambda one: (LEVELS.index(one["level"]), one["name"]))}
        for subject, asked in sorted(found.items())
    }
    Path(wanted).write_text(json.dumps({"connectors": connectors}))
