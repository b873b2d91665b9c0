"""The journal over a real ledger, and against a model of a provider whose reads lag behind its writes."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from connectors.errors import AccessError, RejectedError, TransientError, UnsettledError
from flows.journal import LedgerJournal
from state.records import Step
from tests.ledgers import open_ledger

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


@pytest.fixture
async def ledger(any_ledger):
    opened = await open_ledger(any_ledger)
    yield opened
    await opened.close()


async def transfer_of(run):
    await run.remember("s", [("doc", "v")], None, now=datetime.now(UTC), relist=False)
    (transfer,) = await run.claim(1, datetime.now(UTC))
    return transfer


async def test_the_intent_is_on_disk_before_the_call_is_made(ledger):
    async with ledger.run("route") as run:
        transfer = await transfer_of(run)

        async def do():
            now = (await ledger.lookup("route", ["doc"]))["doc"]
            assert now.steps["create"].result is None
            return "ct_1"

        assert await LedgerJournal(run, transfer.id, transfer.steps).once("create", do, do) == "ct_1"
    async with ledger.run("route") as run:
        transfer = await transfer_of(run)

        async def never():
            raise AssertionError("it was done before")

        assert await LedgerJournal(run, transfer.id, transfer.steps).once("create", never, never) == "ct_1"


async def test_what_a_call_is_made_with_is_on_disk_with_its_intent_and_stays_while_that_is_open(ledger, monkeypatch):
    async def lost():
        steps = (await ledger.lookup("route", ["doc"]))["doc"].steps
        assert (steps["create"].result, steps["made with"].result) == (None, "a")
        raise TransientError("503", connection="far", arrived="maybe")

    async def nothing():
        raise TransientError("503", connection="far", arrived="maybe")

    async def seen():
        return "ct_1"

    async with ledger.run("route") as run:
        transfer = await transfer_of(run)
        monkeypatch.setattr(run, "flush", seen)  # so that nothing but the commit of the intent brings it to the disk
        with pytest.raises(TransientError, match="503"):
            await LedgerJournal(run, transfer.id, transfer.steps).once(
                "create", lost, nothing, notes={"made with": "a"}
            )
        again = LedgerJournal(run, transfer.id, (await ledger.lookup("route", ["doc"]))["doc"].steps)
        assert await again.once("create", lost, seen, notes={"made with": "b"}) == "ct_1"
        assert again.results("made with") == {"made with": "a"}


async def test_a_look_that_takes_longer_than_the_settle_time_is_followed_by_a_last_one(ledger):
    looks = []

    async def do():
        raise TransientError("503", connection="far", arrived="maybe")

    async def find():
        looks.append(datetime.now(UTC))
        await asyncio.sleep(0.7)

    async with ledger.run("route") as run:
        transfer = await transfer_of(run)
        journal = LedgerJournal(run, transfer.id, transfer.steps)
        with pytest.raises(TransientError, match="503"):
            await journal.once("told", do, find, settle=timedelta(seconds=0.6))
    assert len(looks) == 2


async def test_a_record_is_kept_and_a_forgotten_step_may_be_done_again(ledger):
    async with ledger.run("route") as run:
        transfer = await transfer_of(run)
        journal = LedgerJournal(run, transfer.id, transfer.steps)
        await journal.record("sha256:1", "abc")
        await journal.record("sha256:1", "abd")
        await journal.record("other", "x")
        assert journal.results("sha256:") == {"sha256:1": "abd"}
        await journal.forget("other")
        await run.flush()
        transfer = (await ledger.lookup("route", ["doc"]))["doc"]
        assert {name: step.result for name, step in transfer.steps.items()} == {"sha256:1": "abd"}


async def test_a_call_that_says_itself_that_it_is_unsettled_is_believed(ledger):
    later = datetime.now(UTC) + timedelta(hours=3)
    said = UnsettledError("the file was used perhaps", look_again_at=later, connection="far")

    async def do():
        raise said

    async def find():
        return None

    async with ledger.run("route") as run:
        transfer = await transfer_of(run)
        with pytest.raises(UnsettledError) as raised:
            await LedgerJournal(run, transfer.id, transfer.steps).once("create", do, find, settle=timedelta(hours=1))
        assert (raised.value, raised.value.__cause__) == (said, None)
        await run.flush()
        transfer = (await ledger.lookup("route", ["doc"]))["doc"]
        assert transfer.steps["create"].result is None  # the intent stays: it is looked for before it is done again


async def test_an_intent_of_the_future_settles_from_now_on_as_its_clock_was_set_back(ledger):
    settle = timedelta(seconds=0.3)
    done = []

    async def do():
        done.append(datetime.now(UTC))
        return "ct_1"

    async def find():
        return None

    async with ledger.run("route") as run:
        transfer = await transfer_of(run)
        ahead = Step(name="create", intent_at=datetime.now(UTC) + HOUR, done_at=None, result=None)
        journal = LedgerJournal(run, transfer.id, {"create": ahead})
        began = datetime.now(UTC)
        with pytest.raises(UnsettledError) as raised:
            await journal.once("create", do, find, settle=settle)
        assert raised.value.look_again_at < began + timedelta(minutes=1)
        await asyncio.sleep(0.4)
        assert await journal.once("create", do, find, settle=settle) == "ct_1"
    assert done[0] > began + settle
