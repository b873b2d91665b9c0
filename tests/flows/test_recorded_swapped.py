"""A recorded document is taken in place of a thin one only if it is that document, whatever stands in its row."""

import pytest

from tests.flows.test_heal import GOOD, KEY, mapped
from tests.flows.world import world
from tests.ledgers import rows

pytestmark = pytest.mark.usefixtures("any_ledger")
SWAP = "UPDATE snapshot SET sealed = (SELECT other.sealed FROM snapshot other WHERE other.transfer_id <> snapshot.transfer_id)"


@pytest.mark.parametrize("swapped", [True, False])
async def test_a_document_that_stands_in_anothers_row_is_not_carried_in_its_place(tmp_path, swapped):
    async with world(tmp_path, 0, key=KEY, routes=mapped(tmp_path / "routes")) as it:
        mine, other = (
            it.hypatos.act({"add": {"entities": {**GOOD, "number": number}, "name": "a.pdf"}})["id"]
            for number in ("mine", "another")
        )
        await it.finish()
        titles = {id_: [one["attributes"]["title"] for one in held] for id_, held in it.contracts().items()}
        assert titles == {mine: ["mine"], other: ["another"]}
        it.hypatos.switches.thin_once_told = True  # what was carried shows nothing that could be mapped
        if swapped:
            rows(it.url, SWAP)
        report = await it.run(documents=[mine])
        ((contract,), (beside,)) = it.contracts()[mine], it.contracts()[other]
        assert (contract["attributes"]["title"], beside["attributes"]["title"]) == ("mine", "another")
        assert (report.rejected, report.updated) == ((1, 0) if swapped else (0, 1))
