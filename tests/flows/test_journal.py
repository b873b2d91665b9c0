"""The journal against a model of a provider whose reads lag behind its writes."""

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from connectors.errors import AccessError, RejectedError, TransientError, UnsettledError
from flows.journal import LedgerJournal
from state.records import Step

HOUR = timedelta(hours=1)


class Rows:
    """The steps of one transfer as a run keeps them: an intent is on disk at once, a result with the next write."""

    def __init__(self):
        self.disk = {}
        self.late = {}

    async def intend(self, _transfer_id, step, at, notes):
        self._flush()
        self.disk.update((name, Step(name, at, at, note)) for name, note in notes.items())
        self.disk[step] = Step(name=step, intent_at=at, done_at=None, result=None)

    def done(self, _transfer_id, step, result, at):
        self.late[step] = (at, result)

    async def forget(self, _transfer_id, step):
        self._flush()
        self.disk.pop(step, None)

    def _flush(self):
        for step, (at, result) in self.late.items():
            intent_at = self.disk[step].intent_at if step in self.disk else at
            self.disk[step] = Step(name=step, intent_at=intent_at, done_at=at, result=result)
        self.late.clear()

    def crash(self, *, kept):
        if kept:
            self._flush()
        self.late.clear()

    def pass_time(self, by):
        self._flush()
        self.disk = {
            name: Step(name, one.intent_at - by, one.done_at and one.done_at - by, one.result)
            for name, one in self.disk.items()
        }


class KilledError(BaseException):
    """The process is gone."""


class JournalAgainstALaggingProvider(RuleBasedStateMachine):
    """Whatever is lost, refused or killed, and however late reads are: one effect, and its own result."""

    @initialize(lag=st.integers(0, 3))
    def begin(self, lag):
        self.rows = Rows()
        self.lag = lag * HOUR
        self.settle = (lag + 1) * HOUR  # reads lag less than the settle time says
        self.now = timedelta(0)
        self.effects = []
        self.finished = None
        self.too_early = False
        self.journal = LedgerJournal(self.rows, 1, {})

    def seen(self):
        return next((name for name, at in self.effects if self.now - at >= self.lag), None)

    def call(self, do, find=None):
        async def look():
            return self.seen()

        return asyncio.run(self.journal.once("create", do, find or look, settle=self.settle))

    def act(self):
        self.effects.append((f"ct_{len(self.effects)}", self.now))
        return self.effects[-1][0]

    @rule()
    def it_works(self):
        async def do():
            return self.act()

        self.attempt(do)

    @rule(acts=st.booleans(), look_fails=st.booleans())
    def its_answer_is_lost(self, acts, look_fails):
        async def do():
            if acts:
                self.act()
            raise TransientError("reset", connection="far", arrived="maybe")

        async def fail():
            raise TransientError("reset", connection="far", arrived="maybe")

        self.attempt(do, fail if look_fails else None)

    @rule(error=st.sampled_from([RejectedError, AccessError]))
    def it_is_refused(self, error):
        async def do():
            raise error("no")

        self.attempt(do)

    @rule()
    def it_does_not_arrive(self):
        async def do():
            raise TransientError("429", connection="far", arrived="no")

        self.attempt(do)

    @rule(acts=st.booleans())
    def the_process_is_killed_in_mid_call(self, acts):
        async def do():
            if acts:
                self.act()
            raise KilledError

        try:
            self.attempt(do)
        except KilledError:
            self.restart(kept=True)

    @rule(kept=st.booleans())
    def restart(self, kept):
        self.rows.crash(kept=kept)
        self.finished = self.finished if kept else None
        self.journal = LedgerJournal(self.rows, 1, dict(self.rows.disk))

    @rule(hours=st.integers(1, 5))
    def time_passes(self, hours):
        self.now += hours * HOUR
        self.rows.pass_time(hours * HOUR)
        self.journal = LedgerJournal(self.rows, 1, dict(self.rows.disk))

    @precondition(lambda self: self.finished)
    @rule()
    def it_is_recorded(self):
        self.rows.crash(kept=True)
        self.journal = LedgerJournal(self.rows, 1, dict(self.rows.disk))
        assert self.journal.results("cre") == {"create": self.finished}

    def attempt(self, do, find=None):
        try:
            result = self.call(do, find)
        except (TransientError, RejectedError, AccessError) as error:
            self.too_early = isinstance(error, UnsettledError) and error.look_again_at <= datetime.now(UTC)
        else:
            assert result == self.effects[0][0]
            self.finished = result

    @invariant()
    def there_is_at_most_one_effect(self):
        assert len(getattr(self, "effects", ())) <= 1

    @invariant()
    def nobody_is_sent_away_until_a_moment_that_is_past(self):
        assert not getattr(self, "too_early", False)


JournalAgainstALaggingProvider.TestCase.settings = settings(
    max_examples=80, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
test_whatever_happens_there_is_one_effect = JournalAgainstALaggingProvider.TestCase
