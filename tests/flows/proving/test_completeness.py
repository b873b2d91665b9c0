"""A provider that does not show all of its list is noticed, and one whose list only moves is not taken for one that hides."""

import random
from collections import Counter

import pytest

from tests.contract.subject import NOTHING
from tests.flows.proving.ground import ground, sources
from tests.flows.proving.lies import NUMBERED, Lie
from tests.soak_table import seeds, shown

SOURCES = sources()
WHOLE = "documine.files"
"""Its lists come whole and state no number: what they hide shows only where the ledger knows it."""
SILENT = "example.documents"
"""Its lists state no number, and what was carried leaves them: so only an error that comes as a success shows."""
DOCUMENTS = 24
FEW, MANY = 7, 200
TWICE = MANY // 2
"""Seeds with two runs each."""
LONG = pytest.mark.timeout(1800)
MOST_MOVES = 15

paged = pytest.mark.parametrize("name", [name for name in SOURCES if name not in {WHOLE, SILENT}])
every_source = pytest.mark.parametrize("name", SOURCES)


async def lied_to(name, folder, seed, *, known=False, kinds=NUMBERED, settings=NOTHING):
    """Run against a provider that lies; say what came of it: noticed, healed, or missed. `known`: after an honest run."""
    chance = random.Random(seed)
    kind, once = kinds[seed % len(kinds)], chance.random() < 0.3
    async with ground(SOURCES[name], folder) as it:
        it.settings = settings
        ids = it.account.add(DOCUMENTS)
        if known:
            assert (await it.run()).complete
        lie = Lie(it, kind, chance, frozenset(chance.sample(ids, 1)), once)
        report = await it.run()
        missing = set(ids) - set(it.shelf.held)
    words = report.stopped or "; ".join(report.notes)
    if not lie.told:
        return kind, "no chance to lie"
    if report.exit_code != 0 and not report.complete and words:
        return kind, "noticed"
    # A lie that was told once, or that leaves gaps which the reader's overlap closes, has done no harm.
    harmless = not missing and not report.problems and (once or not known)
    return kind, "healed" if harmless else f"MISSED: {report}"


async def sweep(name, folder, drawn, say=None, **how):
    """Run with each seed; return how often what came of it."""
    ran = [(seed, *await lied_to(name, folder / str(seed), seed, **how)) for seed in drawn]
    found = Counter(verdict.partition(":")[0] for _, _, verdict in ran)
    if say:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(Counter(kind for _, kind, _ in ran).items()))
        words = ", ".join(f"{count} {verdict}" for verdict, count in sorted(found.items()))
        say("a provider that does not show all is noticed", f"{name}: {words} ({kinds})", shown(drawn))
    missed = [one for one in ran if one[2].startswith("MISSED")]
    assert missed == [], f"{name}: {missed}"
    return found


@paged
async def test_a_provider_that_hides_truncates_repeats_or_errs_is_noticed(tmp_path, name):
    found = await sweep(name, tmp_path, range(FEW))
    assert found["noticed"] >= FEW // 2


async def test_whole_lists_are_held_against_what_the_ledger_knows(tmp_path):
    found = await sweep(WHOLE, tmp_path, range(FEW), known=True)
    assert found["noticed"] >= FEW // 2


async def test_a_list_that_counts_what_it_hides_out_is_held_against_the_ledger_too(tmp_path):
    """Where everything is swept: the sweep shows every contract there is, so one that the ledger knows must be in it."""
    name = "zefort.contracts"
    kinds, settings = ("recount",), SOURCES[name].sweeping
    found = await sweep(name, tmp_path, range(100, 104), known=True, kinds=kinds, settings=settings)
    assert found["noticed"] >= 2


async def test_an_error_that_comes_as_a_success_is_noticed_where_a_list_states_no_number(tmp_path):
    found = await sweep(SILENT, tmp_path, range(4), kinds=("error",))
    assert found["noticed"] == 4


@pytest.mark.parametrize("seed", [413513, 413569, 413604])
async def test_a_row_that_left_the_queue_does_not_stand_for_one_that_is_hidden(tmp_path, seed):
    """The last total is right, and met by an old page with documents that the source was told about."""
    assert await lied_to("hypatos.documents", tmp_path, seed) == ("repeat", "noticed")


class Crowd:
    """People and programs at work while the list is read: they finish, return, edit, remove and add."""

    def __init__(self, it, ids, chance):
        self.it, self.ids, self.chance = it, ids, chance
        self.moves, self._away = 0, []

    def work(self, _exchange):
        for _ in range(self.chance.choice((0, 0, 1, 1, 2)) if self.moves < MOST_MOVES else 0):
            self.moves += 1
            self.chance.choice((self._finish, self._return, self._edit, self._remove, self._add))()

    def _finish(self):
        one = self.chance.choice(self.ids)
        self.it.subject.take_away(self.it.app, one)
        self._away.append(one)

    def _return(self):
        if self._away:
            self.it.subject.put_back(self.it.app, self._away.pop())

    def _edit(self):
        self.it.subject.edit(self.it.app, self.chance.choice(self.ids))

    def _remove(self):
        one = self.ids.pop(self.chance.randrange(len(self.ids)))
        self._away = [each for each in self._away if each != one]
        self.it.subject.remove(self.it.app, one)

    def _add(self):
        self.ids += self.it.account.add(1)


async def moved_under(name, folder, seed):
    """Run against an honest provider whose list moves; say whether that raised an alarm."""
    chance = random.Random(seed)
    # What drifts out of a list can still be read: where a list is no work queue but all there is, that is hiding.
    leaving = "none" if name == WHOLE else "leave"
    drift = chance.choice(["none", "none", leaving, "enter", "reorder"])
    items = chance.choice([1, 2, "all"])
    async with ground(SOURCES[name], folder, drift=drift, drift_items=items, drift_most=12) as it:
        crowd = Crowd(it, it.account.add(DOCUMENTS), chance)
        if chance.random() < 0.7:
            it.between.change(it.subject.listing, crowd.work)
        reports = [await it.run(), await it.run()]
    # What people have taken back to work is owed or waits, and the run says so: that is no alarm.
    calm = [not report.notes and not report.stopped for report in reports]
    green = [report.complete or report.waiting + report.owed_feedback > 0 for report in reports]
    return all(calm) and all(green), f"seed {seed}, {drift} {items}, {crowd.moves} moves: {reports}"


async def calm(name, folder, drawn, say=None):
    """Run with each seed; none may raise an alarm."""
    ran = [await moved_under(name, folder / str(seed), seed) for seed in drawn]
    alarms = [words for fine, words in ran if not fine]
    if say:
        figures = f"{name}: {len(alarms)} false alarms in {2 * len(ran)} clean runs"
        say("a list that only moves raises no alarm", figures, shown(drawn))
    assert alarms == [], f"{name}: {alarms}"


@every_source
async def test_a_list_that_moves_while_it_is_read_raises_no_alarm(tmp_path, name):
    await calm(name, tmp_path, range(3))


@pytest.mark.soak
@LONG
@pytest.mark.parametrize("name", [name for name in SOURCES if name != SILENT])
async def test_two_hundred_runs_against_providers_that_lie(tmp_path, name, soak_line):
    await sweep(name, tmp_path, seeds(MANY), soak_line, known=name == WHOLE)


@pytest.mark.soak
@LONG
@every_source
async def test_two_hundred_clean_runs_on_lists_that_move(tmp_path, name, soak_line):
    await calm(name, tmp_path, seeds(TWICE), soak_line)
