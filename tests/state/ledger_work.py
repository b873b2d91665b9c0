"""What runs do with the documents they have claimed: deliver, follow and tell, no document by two at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.state.ledger_entries import DAY, SETTLED, Message, picks
from tests.state.ledger_runs import Runs

if TYPE_CHECKING:
    from tests.state.ledger_entries import Run


class Work(Runs):
    """Runs that work."""

    def busy(self) -> set[str]:
        """Name the documents that a living run carries or asks about."""
        return {name for run in self.runs for name in (*run.flying, *run.asking)}

    def with_(self, what: str, number: int) -> Run:
        """Pick a run that has something under way."""
        able = [run for run in self.runs if getattr(run, what)]
        return able[number % len(able)]

    @rule(who=picks, limit=st.integers(1, 4))
    def what_is_due_is_claimed(self, who: int, limit: int) -> None:
        run, busy = self.one(who), self.busy()
        claimed = self.do(run.real.claim(limit, self.now()))
        due = {n for n, e in self.model.items() if e.status == "pending" and e.due and n not in busy}
        assert {one.document_id for one in claimed} <= due
        assert len(claimed) == min(limit, len(due))
        for one in claimed:
            assert {name: step.result for name, step in one.steps.items()} == self.model[one.document_id].steps
            run.flying[one.document_id] = one.version

    @precondition(lambda self: any(run.flying for run in self.runs))
    @rule(
        number=picks,
        status=st.sampled_from([*SETTLED, "skipped"]),
        external_id=st.sampled_from([None, "x", "y"]),
        tell=st.booleans(),
        follow=st.booleans(),
    )
    def a_claim_is_settled(self, number: int, status: str, external_id: str | None, tell: bool, follow: bool) -> None:
        run = self.with_("flying", number)
        name = self.pick(run.flying, number)
        now = self.now()
        self.do(
            run.real.settle(
                self.ids[name],
                status=status,
                at=now,
                event=status,
                external_id=external_id,
                reason_class="data" if status == "rejected" else None,
                mapping_version=str(self.mapping),
                follow_at=now if follow else None,
                tell=status if tell else None,
            )
        )
        entry = self.model[name]
        if entry.version == run.flying.pop(name):
            entry.status = status
        entry.judged = self.mapping
        entry.external_id = external_id or entry.external_id
        entry.follow = follow
        if tell:
            for message in entry.messages:
                message.answer = message.answer or "superseded"
            entry.messages.append(Message(status))

    @precondition(lambda self: any(run.flying for run in self.runs))
    @rule(number=picks, later=st.booleans())
    def a_claim_is_postponed(self, number: int, later: bool) -> None:
        run = self.with_("flying", number)
        name = self.pick(run.flying, number)
        entry = self.model[name]
        now = self.now()
        self.do(
            run.real.postpone(
                self.ids[name],
                due_at=now + DAY if later else now,
                attempts=entry.attempts + 1,
                reason_class="transient",
                reason="busy",
                at=now,
            )
        )
        if entry.version == run.flying.pop(name):
            entry.due, entry.attempts = not later, entry.attempts + 1

    @precondition(lambda self: any(run.flying for run in self.runs))
    @rule(number=picks, step=st.sampled_from(["create", "party"]), kind=st.sampled_from(["intend", "done", "forget"]))
    def the_journal_is_written(self, number: int, step: str, kind: str) -> None:
        run = self.with_("flying", number)
        name = self.pick(run.flying, number)
        steps = self.model[name].steps
        if kind == "intend":
            self.do(run.real.intend(self.ids[name], step, self.now()))
            steps[step] = None
        elif kind == "done":
            run.real.done(self.ids[name], step, f"result {number}", self.now())
            self.do(run.real.flush())
            steps[step] = f"result {number}"
        else:
            self.do(run.real.forget(self.ids[name], step))
            steps.pop(step, None)

    def owed(self) -> dict[tuple[str, int], Message]:
        """Say what may be told now: the first open message of each settled document, if it is due and none is under way."""
        under_way = {name for run in self.runs for name, _ in run.telling}
        result = {}
        for name, entry in self.model.items():
            waiting = [(seq, message) for seq, message in enumerate(entry.messages, start=1) if not message.answer]
            if waiting and waiting[0][1].due and entry.status != "pending" and name not in under_way:
                result[name, waiting[0][0]] = waiting[0][1]
        return result

    @rule(who=picks)
    def what_is_owed_is_claimed(self, who: int) -> None:
        run = self.one(who)
        found = self.do(run.real.outbox.claim(10, self.now()))
        expected = {} if self.reading not in {None, run} else self.owed()
        assert {(o.document_id, o.seq): o.outcome for o in found} == {key: m.outcome for key, m in expected.items()}
        for one in found:
            assert one.external_id == self.model[one.document_id].external_id
            run.telling[one.document_id, one.seq] = one

    @precondition(lambda self: any(run.telling for run in self.runs))
    @rule(number=picks, answer=st.sampled_from(["told", "refused", "later", "changed"]))
    def the_source_answers(self, number: int, answer: str) -> None:
        run = self.with_("telling", number)
        name, seq = sorted(run.telling)[number % len(run.telling)]
        one = run.telling.pop((name, seq))
        message, now = self.model[name].messages[seq - 1], self.now()
        if answer in {"told", "refused"}:
            if answer == "told":
                self.do(run.real.outbox.told(one.id, at=now))
            else:
                self.do(run.real.outbox.refused(one.id, at=now, reason="no"))
            message.answer, message.at = answer, self.tick()
        elif answer == "changed":
            overtaken = self.do(run.real.overtaken(one.transfer_id, one.id, at=now))
            assert overtaken == (self.model[name].status in SETTLED)
            if overtaken:
                self.model[name].reopen()
        else:
            self.do(run.real.outbox.owe_later(one.id, due_at=now + DAY, attempts=1, reason="busy", at=now))
            message.due = False

    @rule(who=picks)
    def what_is_to_be_followed_is_claimed(self, who: int) -> None:
        run, busy = self.one(who), self.busy()
        found = self.do(run.real.following.claim(10, self.now()))
        followable = {
            n
            for n, e in self.model.items()
            if e.follow and e.status in {"delivered", "confirmed", "withdrawn"} and n not in busy
        }
        assert {one.document_id for one in found} == followable
        run.asking |= followable

    @precondition(lambda self: any(run.asking for run in self.runs))
    @rule(number=picks, status=st.sampled_from([None, "confirmed", "withdrawn", "pending"]), tell=st.booleans())
    def the_far_end_answers(self, number: int, status: str | None, tell: bool) -> None:
        run = self.with_("asking", number)
        name = self.pick(run.asking, number)
        run.asking.remove(name)
        entry, now = self.model[name], self.now()
        self.do(
            run.real.following.answered(
                self.ids[name],
                status=status,
                follow_at=None,
                due_at=now if status == "pending" else None,
                at=now,
                event="followed",
                tell=[("withdrawn", None)] if tell else [],
            )
        )
        entry.follow = False
        if tell:
            entry.messages.append(Message("withdrawn"))
        if entry.status == "pending":
            return  # it has become so meanwhile, and stays so
        if status == "pending":
            entry.reopen()
        else:
            entry.status = status or entry.status
