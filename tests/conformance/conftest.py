"""Skips what compares with published documents where there are none."""

import pytest

from tests.conformance.watch import WITHOUT, folder


@pytest.fixture
def published():
    """Return the folder of the published documents."""
    found = folder()
    if found is None:
        pytest.skip(WITHOUT)  # the documents are not ours to ship; .ci/run names them where they are at hand
    return found
