"""What did not go through in a run, grouped by cause, with examples and where a person looks at them in both systems."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.urls import page
from flows.causes import cause
from flows.markdown import cell, link, table, text
from flows.tally import Fate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flows.tally import Problem, Report

EXAMPLES = 3
"""How many documents of a cause are named."""
MOST_ROWS = 300
"""How many causes the table artifact has at most."""
MOST_BYTES = 200_000
"""How large it gets at most, as JSON."""
_IN_A_SUMMARY = 10
_LONGEST_ID = 120


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that met the same fate for the same cause, the first `EXAMPLES` of them by name."""

    fate: Fate
    why: str
    count: int
    examples: Sequence[str]


def groups(report: Report) -> list[Group]:
    """Group what did not go through, the most frequent cause first. What the route does not want is none of it."""
    found: dict[tuple[Fate, str], list[Problem]] = {}
    for problem in report.problems:
        if problem.fate is not Fate.SKIPPED:
            found.setdefault((problem.fate, cause(problem.reason)), []).append(problem)
    return [
        Group(
            fate,
            same[0].reason if len({one.reason for one in same}) == 1 else why,
            len(same),
            [one.document_id for one in same[:EXAMPLES]],
        )
        for (fate, why), same in sorted(found.items(), key=lambda item: -len(item[1]))
    ]


def rows(report: Report, found: Sequence[Group], external_ids: Mapping[str, str]) -> list[dict[str, object]]:
    """Return the rows of a table artifact, each with the same columns; if not all fit, the last one says how many more.

    One of Prefect's pages makes links of addresses in cells, the other shows them; so they stand there as they are. A system
    that none of the documents is at has no column: it would push the reasons out of sight.
    """
    made: list[dict[str, object]] = []
    size = 0
    named = [one for group in found for one in group.examples]
    there = {name for one in named for name in _pages(report, one, external_ids)}
    for number, group in enumerate(found):
        row = _row(report, group, external_ids, [name for name in report.pages if name in there])
        size += len(json.dumps(row))
        if number == MOST_ROWS or size > MOST_BYTES:
            rest = found[number:]
            words = f"… and {len(rest):,} more causes; `docferry status {report.route}` has all that is still so"
            made.append(dict.fromkeys(row, "") | {"count": sum(one.count for one in rest), "why": words})
            break
        made.append(row)
    return made


def _row(report: Report, group: Group, external_ids: Mapping[str, str], systems: Sequence[str]) -> dict[str, object]:
    ids = [cell(one, _LONGEST_ID) for one in group.examples]
    row: dict[str, object] = {
        "count": group.count,
        "what": group.fate.value,
        "for example": ", ".join([*ids, "…"] if group.count > len(ids) else ids),
    }
    for name in systems:
        addresses = [address for one in group.examples if (address := _pages(report, one, external_ids).get(name))]
        row[f"at {name}"] = " ".join(addresses)
    return row | {"why": cell(group.why)}  # the widest one last, or it pushes the others out of sight


def section(report: Report, found: Sequence[Group], external_ids: Mapping[str, str]) -> list[str]:
    """Return the Markdown lines about the most frequent causes, none if everything went through."""
    if not found:
        return []
    shown = found[:_IN_A_SUMMARY]
    lines = [
        [
            str(group.count),
            group.fate.value,
            text(group.why),
            ", ".join(_linked(report, one, external_ids) for one in group.examples),
        ]
        for group in shown
    ]
    more = len(found) - len(shown)
    rest = [f"{more:,} more causes are in the artifact with the rejects."] if more else []
    return ["## What did not go through", *table(("count", "what", "why", "for example"), lines), *rest]


def _linked(report: Report, document_id: str, external_ids: Mapping[str, str]) -> str:
    pages = " ".join(link(name, address) for name, address in _pages(report, document_id, external_ids).items())
    words = text(document_id, _LONGEST_ID)
    return f"{words} ({pages})" if pages else words


def _pages(report: Report, document_id: str, external_ids: Mapping[str, str]) -> dict[str, str]:
    """Return where a document is looked at, by connection; nothing where nobody has stated that or it is not there."""
    return dict(_known_pages(report, document_id, external_ids))


def _known_pages(report: Report, document_id: str, external_ids: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    ids = {report.source: document_id}
    if document_id in external_ids and report.destination != report.source:
        ids[report.destination] = external_ids[document_id]
    for name, id_ in ids.items():
        if (address := page(report.pages.get(name), id_)) is not None:
            yield name, address
