"""The originals of analysed files: through packages that do not stay, or directly."""

import hashlib

import pytest

from connectors.errors import RejectedError, TransientError
from connectors.sandbox_faults import Fault


async def read(source, document):
    async with source.open(document.files[0]) as download:
        return b"".join([chunk async for chunk in download.chunks])


@pytest.mark.parametrize("form", ["flat", "folders", "bare"])
async def test_the_original_comes_out_of_a_package_which_is_removed_afterwards(open_account, form):
    account = await open_account(package_form=form)
    document = await account.source.fetch(await account.first())
    content = await read(account.source, document)
    assert hashlib.sha256(content).hexdigest() == account.shown["documents"][document.id]["sha256"]
    assert (account.shown["packages"], account.shown["packages_made"]) == ({}, 1)


async def test_after_a_lost_answer_the_package_is_looked_for_and_no_second_one_is_built(open_account):
    account = await open_account(faults=[Fault("act_then_drop", "POST", "*/create-download", times=1)])
    document = await account.source.fetch(await account.first())
    assert (await read(account.source, document)).startswith(b"%PDF")
    assert (account.shown["packages"], account.shown["packages_made"]) == ({}, 1)


async def test_where_packages_cannot_be_listed_a_second_one_is_built(open_account):
    account = await open_account(
        packages_listed=False, faults=[Fault("act_then_drop", "POST", "*/create-download", times=1)]
    )
    document = await account.source.fetch(await account.first())
    assert (await read(account.source, document)).startswith(b"%PDF")
    assert account.shown["packages_made"] == 2


async def test_a_package_that_fails_is_for_later_and_does_not_stay(open_account):
    account = await open_account(package_end="FAILED")
    document = await account.source.fetch(await account.first())
    with pytest.raises(TransientError, match="FAILED"):
        await read(account.source, document)
    assert account.shown["packages"] == {}


async def test_a_new_package_that_does_not_show_for_a_while_is_waited_for_and_does_not_stay(open_account):
    account = await open_account(settings={"settle_seconds": 5.0})
    document = await account.source.fetch(await account.first())
    account.app.shared.faults.append(Fault("status", "GET", "/api/downloads/*", status=404, times=3))
    assert (await read(account.source, document)).startswith(b"%PDF")
    assert (account.shown["packages"], account.shown["packages_made"]) == ({}, 1)


async def test_a_package_that_never_shows_is_for_later(open_account):
    account = await open_account(faults=[Fault("status", "GET", "/api/downloads/*", status=404)])
    document = await account.source.fetch(await account.first())
    with pytest.raises(TransientError, match="vanished"):
        await read(account.source, document)
    assert account.shown["packages"] == {}


async def test_a_damaged_package_is_for_later(open_account):
    account = await open_account(
        faults=[Fault("status", "GET", "/api/downloads/*/download", status=200, body="PK\x03\x04 broken")]
    )
    document = await account.source.fetch(await account.first())
    with pytest.raises(TransientError, match="damaged"):
        await read(account.source, document)


async def test_a_package_that_vanishes_before_it_is_fetched_is_for_later_and_no_document_is_gone(open_account):
    account = await open_account(faults=[Fault("status", "GET", "/api/downloads/*/download", status=404)])
    document = await account.source.fetch(await account.first())
    with pytest.raises(TransientError, match="vanished"):
        await read(account.source, document)


async def test_a_package_without_the_original_is_refused(open_account):
    account = await open_account(settings={"names": '{"original_type": "PREVIEW"}'})
    document = await account.source.fetch(await account.first())
    with pytest.raises(RejectedError, match="does not hold"):
        await read(account.source, document)


async def test_a_package_that_is_gone_when_it_is_to_be_removed_is_fine(open_account):
    account = await open_account(faults=[Fault("status", "DELETE", "/api/downloads/*", status=404)])
    document = await account.source.fetch(await account.first())
    assert (await read(account.source, document)).startswith(b"%PDF")


async def test_originals_can_be_fetched_directly(open_account):
    account = await open_account(settings={"originals": "direct"}, direct_original=True)
    document = await account.source.fetch(await account.first())
    assert (await read(account.source, document)).startswith(b"%PDF")
    assert account.shown["packages_made"] == 0
