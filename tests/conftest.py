"""What holds for all tests."""

import copy
import signal

import pytest
from hypothesis import settings

from connectors.secrets import SECRETS
from tests.conformance.watch import WATCH, folder, lines, merged

# A busy machine is no fault of an example: nothing here is about time.
settings.register_profile("docferry", deadline=None)
settings.load_profile("docferry")

# A shell that starts the suite in the background has Ctrl-C ignored, and the commands that the tests interrupt would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.soak_table"]
SUMMARIES = []


@pytest.fixture(autouse=True)
def _no_secret_of_another_test():
    """Mask only what this test has said is a secret, or one test's password blanks out another one's words."""
    before = {name: copy.copy(value) for name, value in vars(SECRETS).items()}
    yield
    vars(SECRETS).update(before)


def pytest_sessionstart():
    """Hear what all sandboxes say, where there are documents to compare it with."""
    if folder() is not None:
        from tests.conformance.listening import listen  # noqa: PLC0415 -- not needed without them

        listen()


def pytest_sessionfinish(session):
    """Hand what a worker has seen of the providers' documents to whoever prints it."""
    if folder() is not None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["conformance"] = WATCH.summary()
        else:
            SUMMARIES.append(WATCH.summary())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Take it from a worker."""
    if summary := getattr(node, "workeroutput", {}).get("conformance"):
        SUMMARIES.append(summary)


def pytest_terminal_summary(terminalreporter):
    """Print which published operations were exercised, and every violation."""
    if any(one["exercised"] for one in SUMMARIES):
        terminalreporter.section("conformance with published documents")
        for line in lines(merged(SUMMARIES)):
            terminalreporter.write_line(line)
