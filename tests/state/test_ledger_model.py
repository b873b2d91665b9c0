"""The ledger against a model of it: any order of listings, deliveries, messages, retries, ends and crashes, of several runs."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from state.records import NEVER_LISTED
from tests.state.ledger_entries import Entry, documents, pages, picks
from tests.state.ledger_runs import ROUTE
from tests.state.ledger_work import Work


class LedgerModel(Work):
    """Adds what makes documents due, and compares."""

    def __init__(self) -> None:
        super().__init__()
        self.cursor: str | None = None

    @rule(who=picks, page=pages, relist=st.booleans(), moves=st.booleans())
    def a_page_is_listed(self, who: int, page: list[tuple[str, str]], relist: bool, moves: bool) -> None:
        cursor = f"after {page}" if moves else None
        found = self.do(
            self.one(who).real.remember(
                "s", page, cursor, now=self.now(), relist=("delivered", "rejected", "failed") if relist else ()
            )
        )
        self.cursor = cursor or self.cursor
        expected: dict[str, set[str]] = {
            "new": set(),
            "changed": set(),
            "relisted": set(),
            "pending": set(),
            "known": set(),
        }
        for name, version in dict(page).items():
            entry = self.model.get(name)
            if entry is None:
                kind, self.model[name] = "new", Entry(version)
            elif entry.version != version:
                kind = "changed"
                entry.reopen(version)
            elif relist and entry.relistable(self.one(who).began):
                kind = "relisted"
                entry.reopen()
            else:
                kind = "pending" if entry.status == "pending" else "known"
            expected[kind].add(name)
        known = self.do(self.ledger.lookup(ROUTE, list("abcd")))
        self.ids = {name: one.id for name, one in known.items()}
        assert {kind: {self.ids[name] for name in names} for kind, names in expected.items()} == {
            kind: set(getattr(found, kind)) for kind in expected
        }

    @rule(who=picks, name=documents)
    def a_document_is_wanted(self, who: int, name: str) -> None:
        self.do(self.one(who).real.wanting.these([name], self.now()))
        if name in self.model:
            self.model[name].reopen()
        else:
            self.model[name] = Entry(NEVER_LISTED)
            self.ids[name] = self.do(self.ledger.lookup(ROUTE, [name]))[name].id

    @rule(number=picks, returns=st.booleans())
    def the_mapping_changes_and_some_of_what_it_refused_is_woken(self, number: int, returns: bool) -> None:
        self.mapping = max(0, self.mapping - 1) if returns else self.mapping + 1
        waking, now, version = self.one(number).real.waking, self.now(), str(self.mapping)
        self.do(waking.use(version, {}, now))
        found = self.do(waking.candidates(version, 10, sent=False, recorded=False))
        untried = {
            name
            for name, entry in self.model.items()
            if entry.status == "rejected" and self.mapping not in (entry.judged, entry.tried)
        }
        assert {one.transfer.document_id for one in found} == untried
        cured = {name for place, name in enumerate(sorted(untried)) if number >> place & 1}
        woken, quiet = [self.ids[name] for name in cured], [self.ids[name] for name in untried - cured]
        self.do(waking.tried(version, woken=woken, quiet=quiet, now=now, detail="mended"))
        for name in untried:
            self.model[name].tried = self.mapping
        for name in cured:
            self.model[name].reopen()

    @rule(who=picks, external_id=st.sampled_from("xy"))
    def the_far_end_calls(self, who: int, external_id: str) -> None:
        count = self.do(self.one(who).real.following.look_now([external_id], self.now()))
        known = [
            e for e in self.model.values() if e.external_id == external_id and e.status in {"delivered", "confirmed"}
        ]
        assert count == len(known)
        for entry in known:
            entry.follow = True

    # What people and machines do

    @rule(names=st.none() | st.lists(documents, max_size=2))
    def an_operator_retries(self, names: list[str] | None) -> None:
        count = self.do(self.ledger.retry(ROUTE, document_ids=names, at=self.now(), note="please"))
        refused = {n for n, e in self.model.items() if e.messages and e.messages[-1].answer == "refused"}
        touched = [
            e
            for n, e in self.model.items()
            if (e.status in {"rejected", "failed"} and (names is None or n in names))
            or (names is None and n in refused)
        ]
        assert count == len(touched)
        for entry in touched:
            entry.reopen()

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        if not self.runs:
            return
        kept = self.do(self.ledger.lookup(ROUTE, list("abcd")))
        assert {
            name: (one.version, one.status, one.attempts, one.external_id, {n: s.result for n, s in one.steps.items()})
            for name, one in kept.items()
        } == {
            name: (entry.version, entry.status, entry.attempts, entry.external_id, entry.steps)
            for name, entry in self.model.items()
        }
        assert all((one.due_at is not None) == (one.status == "pending") for one in kept.values())
        for run in self.runs:
            elsewhere = {message for other in self.others(run) for message in other.telling}
            owed = {(n, s) for n, e in self.model.items() for s, m in enumerate(e.messages, 1) if not m.answer}
            assert self.do(run.real.outbox.owed_count()) == len(owed - elsewhere)
            carried = {name for other in self.others(run) for name in (*other.flying, *other.asking)}
            ours = {self.ids[n] for n, e in self.model.items() if e.status == "pending" and n not in carried}
            assert self.do(run.real.claims.ours(list(self.ids.values()))) == ours
            assert self.do(run.real.pending_count()) == len(ours)
        assert self.do(self.ledger.cursor(ROUTE, "s")) == self.cursor


class LedgerOnServer(LedgerModel):
    """The same in PostgreSQL."""

    on_server = True


OPTIONS = {"stateful_step_count": 30, "deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
TestLedgerModel = LedgerModel.TestCase
TestLedgerModel.settings = settings(max_examples=15, **OPTIONS)
TestLedgerOnServer = LedgerOnServer.TestCase
TestLedgerOnServer.settings = settings(max_examples=2, **OPTIONS)
