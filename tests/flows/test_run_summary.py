"""A run's summary: counts that add up, what changed, and what a person should do now."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flows.alerts import Alert
from flows.next_steps import next_steps
from flows.reject_rows import MOST_BYTES, MOST_ROWS, groups, rows
from flows.run_history import Standpoint
from flows.run_names import artifact_key, ended_name
from flows.run_summary import summary
from flows.since_last import changes
from flows.tally import Fate, Problem, Report
from tests.flows.reports import BEGAN, history, report, run


def alert(cause, *, since=BEGAN, over=None):
    return Alert(cause, "beta", since, 3, "beta answered 401", "renew the credentials", over)


def rejects(count, reason="beta answered 422: {}", fate=Fate.REJECTED):
    return tuple(Problem(f"d{number}", fate, reason.format(number)) for number in range(count))


def test_a_run_that_went_well_leaves_a_person_nothing_to_do():
    assert "## What a person should do now\n\nNothing.\n" in summary(report(listed=3, delivered=3))


def test_the_counts_add_up_with_what_is_rare_too():
    words = summary(report(listed=6, resumed=1, delivered=2, skipped=1, held=2, elsewhere=2))
    assert (
        "| listed + resumed |  | delivered | updated | unchanged | skipped | rejected | failed | waiting | held | elsewhere |"
        in words
    )
    assert "| 6 + 1 | = | 2 | 0 | 0 | 1 | 0 | 0 | 0 | 2 | 2 |" in words


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"listed": 1}, "docferry status a_to_b"),
        (
            {"stopped": "x", "alerts": (alert("access"),)},
            "renew the credentials. Whether it helped says `docferry check a_to_b`",
        ),
        ({"stopped": "the state is locked"}, "try `docferry check a_to_b`, then run again"),
        ({"listed": 2, "rejected": 2, "problems": rejects(2)}, "`docferry explain d0`"),
        ({"listed": 2, "rejected": 2, "problems": rejects(2)}, "the artifact `a-to-b-rejects`"),
        ({"listed": 2, "failed": 2, "problems": rejects(2, fate=Fate.FAILED)}, "`docferry retry a_to_b`"),
        ({"listed": 1, "held": 1}, "decide which side is kept"),
        ({"withdrawn": 1}, "`docferry retry a_to_b ID`"),
        ({"refused_feedback": 2}, "correct the route's `feedback:`"),
        ({"owed_feedback": 1, "oldest_owed": 3 * 86400.0}, "has not taken a message for 3 days"),
        ({"dry_run": True, "listed": 1, "delivered": 1}, "`docferry run a_to_b`"),
    ],
)
def test_what_is_a_persons_business_comes_with_the_next_step(fields, said):
    steps = next_steps(report(**fields))
    assert [step for step in steps if said in step]
    assert f"1. {steps[0]}" in summary(report(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"owed_feedback": 1, "oldest_owed": 60.0},
        {"listed": 1, "waiting": 1, "stopped": "beta is down", "alerts": (alert("unreachable"),)},
        {"interrupted": True},
        {"alerts": (alert("access", over=BEGAN),)},
    ],
)
def test_what_the_next_run_does_by_itself_is_no_persons_business(fields):
    assert next_steps(report(**fields)) == []


def test_changes_are_told_since_the_last_report():
    before = {"rejected: no currency": 4, "rejected: no date": 1, "failed: gone": 2}
    now = {"rejected: no currency": 6, "failed: gone": 2, "rejected: beta answered 422": 12}
    ended = run(1, delivered=400)
    last = history(before, now, runs=[run(2), ended])
    said = changes(report(delivered=100, seconds=10.0, alerts=(alert("busy"), alert("access", over=BEGAN))), last)
    assert said == [
        "new: rejected: beta answered 422 (12 documents)",
        "gone: rejected: no date (1 document then)",
        "4 → 6: rejected: no currency",
        "alert begun: beta (busy), 2026-03-04 05:06:07Z",
        "alert over: beta (access), it lasted since 2026-03-04 05:06:07Z",
        "slower: 40 → 10 documents a second",
    ]
    assert "Counted since the report of run `r1`, 2026-03-04 04:06:07Z." in summary(report(), last)


def test_nothing_is_said_to_have_changed_where_nothing_has():
    same = {"rejected: no currency": 4}
    old = alert("access", since=BEGAN - timedelta(days=1))
    assert (
        changes(report(alerts=(old,), delivered=100, seconds=10), history(same, same, runs=[run(1, delivered=90)]))
        == []
    )
    assert changes(report(), history()) == []


def test_a_list_of_causes_that_was_cut_makes_nothing_new_or_gone():
    many = {f"rejected: cause {number}": 1 for number in range(200)}
    said = changes(report(), history(many, {"rejected: another": 1}))
    assert [line.split(":")[0] for line in said] == ["gone"] * 10 + ["… and 190 more that are gone"]
    assert changes(report(), history({"rejected: another": 1}, many))[-1] == "… and 190 more that are new"


def test_a_standpoint_survives_being_kept_and_another_form_of_it_is_none():
    kept = Standpoint("r1", BEGAN, {'rejected: it\'s "so"': 3})
    assert Standpoint.from_text(kept.as_text()) == kept
    assert [Standpoint.from_text(text) for text in (None, "", "[]", "{}", '{"run": 1, "at": "x", "causes": {}}')] == [
        None
    ] * 5


def test_rejects_are_grouped_by_cause_with_examples_and_the_pages_of_both_systems():
    pages = {"alpha": "https://alpha.example/#/d/{id}", "beta": "https://beta.example/c?id={id}"}
    ids = ["doc 1/2", "doc-2", "doc-3", "doc-4"]
    problems = tuple(Problem(one, Fate.REJECTED, f"contract '{n}ab7' is closed") for n, one in enumerate(ids))
    skipped = Problem("other", Fate.SKIPPED, "not wanted")
    made = report(rejected=4, problems=(*problems, skipped), pages=pages)
    (row,) = rows(made, groups(made), {"doc-2": "ct|2"})
    assert row == {
        "count": 4,
        "what": "rejected",
        "why": "contract '…' is closed",
        "for example": "doc 1/2, doc-2, doc-3, …",
        "at alpha": "https://alpha.example/#/d/doc%201%2F2 https://alpha.example/#/d/doc-2 https://alpha.example/#/d/doc-3",
        "at beta": "https://beta.example/c?id=ct%7C2",
    }
    assert "doc-2 ([alpha](https://alpha.example/#/d/doc-2) [beta](https://beta.example/c?id=ct%7C2))" in summary(
        made, history(external_ids={"doc-2": "ct|2"})
    )


def test_a_system_that_no_reject_is_at_takes_no_column_and_others_are_in_every_row():
    pages = {"alpha": "https://alpha.example/{id}", "beta": "https://beta.example/{id}"}
    problems = (Problem("doc-1", Fate.REJECTED, "this"), Problem("doc-2", Fate.REJECTED, "that"))
    made = report(rejected=2, problems=problems, pages=pages)
    assert [list(row) for row in rows(made, groups(made), {})] == [
        ["count", "what", "for example", "at alpha", "why"]
    ] * 2
    assert [row["at beta"] for row in rows(made, groups(made), {"doc-2": "c"})] == ["", "https://beta.example/c"]


def test_the_table_of_rejects_is_bounded_and_says_how_many_more_there_are():
    words = [
        chr(97 + number % 26) * 3 + chr(97 + number // 26 % 26) * 2 + chr(97 + number // 676) for number in range(2000)
    ]
    short = report(problems=tuple(Problem(str(n), Fate.REJECTED, word) for n, word in enumerate(words)))
    found = rows(short, groups(short), {})
    assert len(found) == MOST_ROWS + 1
    assert (found[-1]["count"], found[-1]["why"]) == (
        1700,
        "… and 1,700 more causes; `docferry status a_to_b` has all that is still so",
    )
    assert len({tuple(row) for row in found}) == 1
    long = report(problems=tuple(Problem(word * 100, Fate.REJECTED, word + "\u4f60" * 5000) for word in words))
    assert len(json.dumps(rows(long, groups(long), {}))) < MOST_BYTES * 1.1
    assert len(summary(long)) < 50_000


def test_a_run_is_named_by_its_route_and_its_outcome():
    some = report(delivered=1118, rejected=12, unchanged=5)
    assert ended_name(some) == "a_to_b · 1,118 delivered, 12 rejected"
    assert ended_name(report(unchanged=5)) == "a_to_b · nothing new"
    assert ended_name(replace(some, stopped="beta answered 401")) == "a_to_b · stopped: 1,118 delivered, 12 rejected"
    assert ended_name(report(interrupted=True)) == "a_to_b · interrupted: nothing new"
    assert ended_name(report(dry_run=True, delivered=1)) == "a_to_b · dry run: 1 delivered"
    assert artifact_key("A.to__b", "rejects") == "a-to-b-rejects"


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_provider_and_no_id_breaks_the_summary(document_id, reason):
    made = report(
        listed=1,
        rejected=1,
        problems=(Problem(document_id, Fate.REJECTED, reason),),
        notes=(reason,),
        stopped=reason or None,
        alerts=(replace(alert("access"), first=reason, connection="beta"),),
        phases={"collect": 1.0},
    )
    blocks = MarkdownIt("commonmark").enable("table").parse(summary(made, history({reason: 1}, {document_id: 1})))
    headings = [blocks[at + 1].content for at, block in enumerate(blocks) if block.type == "heading_open"]
    assert headings == [
        "a\\_to\\_b",
        "What a person should do now",
        "Documents",
        "What did not go through",
        "Messages to the source",
        "What has changed",
        "Time by phase",
        "Notes",
        "Alerts",
    ]
    kinds = {child.type for block in blocks for child in block.children or ()}
    assert kinds.isdisjoint({"html_inline", "link_open", "image"})
    assert [block.type for block in blocks].count("table_open") == 4


def test_the_report_has_what_it_measures_in_json_and_gets_it_back():
    made = report(
        quota_wait=1.23456, oldest_owed=60.0, phases={"collect": 0.12345}, pages={"alpha": "https://a.example/{id}"}
    )
    data = made.as_json()
    assert (data["quota_wait"], data["oldest_owed"], data["phases"]) == (1.235, 60.0, {"collect": 0.123})
    assert Report.from_json(json.loads(json.dumps(data))) == replace(made, quota_wait=1.235, phases={"collect": 0.123})
