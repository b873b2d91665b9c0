"""Watches every exchange of the test run where DOCFERRY_SPECS names a folder with the published documents."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from tests.conformance.deviations import DEVIATIONS

SPECS = "DOCFERRY_SPECS"
"""Names the folder with `<provider>.openapi.yaml` or `.json`. The documents are read where they lie, never copied."""
WITHOUT = f"{SPECS} is not set: there are no published documents to compare with"


def folder():
    """Return the folder, None if there is none."""
    named = os.environ.get(SPECS)
    return Path(named) if named else None


@dataclass
class Watch:
    """What was seen in this process."""

    documents: dict = field(default_factory=dict)
    violations: list = field(default_factory=list)
    excused: dict = field(default_factory=dict)

    def document(self, provider, base_path):
        """Return a provider's document, None if there is none."""
        if folder() is None:
            return None
        if provider not in self.documents:
            from tests.conformance.specification import Specification  # noqa: PLC0415 -- slow, and mostly not needed

            self.documents[provider] = Specification.load(folder(), provider, base_path)
        return self.documents[provider]

    def look(self, provider, base_path, exchanges):
        """Validate exchanges; return the violations that nothing excuses."""
        document = self.document(provider, base_path)
        if document is None:
            return []
        found = []
        for violation in (one for exchange in exchanges for one in document.violations(exchange)):
            text = str(violation)
            if (excuse := next((one for one in DEVIATIONS if one in text), None)) is not None:
                self.excused[excuse] = self.excused.get(excuse, 0) + 1
            else:
                found.append(text)
        self.violations += found
        return found

    def summary(self):
        """Return what was seen, as plain data."""
        exercised = {
            provider: {operation: sorted(statuses) for operation, statuses in document.exercised.items()}
            for provider, document in self.documents.items()
            if document is not None
        }
        totals = {name: len(one.operations) for name, one in self.documents.items() if one is not None}
        return {"exercised": exercised, "of": totals, "violations": self.violations, "excused": self.excused}


WATCH = Watch()


def merged(summaries):
    """Return one summary of several processes."""
    whole = {"exercised": {}, "of": {}, "violations": [], "excused": {}}
    for one in summaries:
        for provider, operations in one["exercised"].items():
            mine = whole["exercised"].setdefault(provider, {})
            for operation, statuses in operations.items():
                mine[operation] = sorted({*mine.get(operation, ()), *statuses})
        whole["of"].update(one["of"])
        whole["violations"] += [text for text in one["violations"] if text not in whole["violations"]]
        for excuse, count in one["excused"].items():
            whole["excused"][excuse] = whole["excused"].get(excuse, 0) + count
    return whole


def lines(summary):
    """Word a summary for a terminal."""
    for provider, operations in sorted(summary["exercised"].items()):
        known = {name: statuses for name, statuses in operations.items() if name != "-"}
        yield f"{provider}: {len(known)} of {summary['of'][provider]} operations exercised"
        for name, statuses in sorted(known.items()):
            yield f"  {name}  {' '.join(map(str, statuses))}"
    for excuse, count in sorted(summary["excused"].items()):
        yield f"known deviation, {count} times: {excuse}"
    yield f"{len(summary['violations'])} violations"
    yield from summary["violations"]
