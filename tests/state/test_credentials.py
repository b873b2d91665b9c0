"""What the vault keeps of connections' settings: for whoever has a key, and for nobody else."""

import gzip
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from state import Ledger, Vault
from state.care import Care
from state.errors import SettingError
from tests.ledgers import KEY, dump, rows

SECRET = "open-sesame-é-4711"
OTHER = Fernet.generate_key().decode()


async def opened(url: str, *keys: str) -> Ledger:
    return await Ledger.open(url, vault=Vault(keys or (KEY,)))


async def test_a_setting_is_kept_listed_replaced_and_removed(url: str):
    ledger = await opened(url)
    await ledger.credentials.set("hypatos", "client_secret", "an older one")
    await ledger.credentials.set("hypatos", "client_secret", SECRET)
    await ledger.credentials.set("zefort", "api_key", "another")
    assert await ledger.credentials.of("hypatos") == {"client_secret": SECRET}
    found = [(one.connection, one.setting, one.opens) for one in await ledger.credentials.kept()]
    assert found == [("hypatos", "client_secret", True), ("zefort", "api_key", True)]
    assert await ledger.credentials.remove("hypatos", "client_secret")
    assert not await ledger.credentials.remove("hypatos", "client_secret")
    assert await ledger.credentials.of("hypatos") == {}
    await ledger.close()


async def test_workers_that_share_a_ledger_and_a_key_share_what_is_kept(url: str):
    first, second = await opened(url), await opened(url)
    await first.credentials.set("hypatos", "client_secret", SECRET)
    assert await second.credentials.of("hypatos") == {"client_secret": SECRET}
    await first.close()
    await second.close()


async def test_nothing_of_a_value_is_in_the_database_or_its_export_in_clear_text(url: str, tmp_path: Path):
    ledger = await opened(url)
    await ledger.credentials.set("hypatos", "client_secret", SECRET)
    await ledger.close()
    await Care(url, vault=Vault([KEY])).export(tmp_path / "export.gz", lambda _done, _of: None)
    held = [gzip.decompress((tmp_path / "export.gz").read_bytes()), dump(url).encode()]
    if url.startswith("sqlite"):
        file = Path(url.removeprefix("sqlite:///"))
        held += [path.read_bytes() for path in file.parent.iterdir()]
    for part in ("sesame", SECRET):
        assert not any(part.encode() in content for content in held)
    assert any(b"client_secret" in content for content in held), "what is looked for would be found"


async def test_without_a_key_nothing_is_kept(file_url: str):
    ledger = await Ledger.open(file_url)
    assert ledger.credentials.locked
    with pytest.raises(SettingError, match=r"DOCFERRY_KEYS is not set.*openssl rand"):
        await ledger.credentials.set("hypatos", "client_secret", SECRET)
    assert await ledger.credentials.of("hypatos") == {}
    await ledger.close()


async def test_a_row_that_was_copied_under_another_name_opens_nothing(url: str):
    ledger = await opened(url)
    await ledger.credentials.set("hypatos", "client_secret", SECRET)
    await ledger.credentials.set("erp", "base_url", "https://evil.example.com")
    rows(url, "UPDATE credential SET connection='hypatos' WHERE connection='erp'")
    assert await ledger.credentials.of("hypatos") == {"base_url": None, "client_secret": SECRET}
    rows(url, "UPDATE credential SET encrypted='nonsense' WHERE setting='client_secret'")
    assert [one.opens for one in await ledger.credentials.kept()] == [False, False]
    await ledger.close()


async def test_after_one_renewal_the_old_key_may_go_for_credentials_and_tokens_alike(url: str):
    old = await opened(url)
    await old.credentials.set("hypatos", "client_secret", SECRET)
    await old.save_token("hypatos", Vault([KEY]).encrypt("a token"))
    await old.save_token("lost", "what no key opens stays as it is")
    before = [one.saved_at for one in await old.credentials.kept()]
    await old.close()
    both = await opened(url, OTHER, KEY)
    await both.credentials.renew()
    await both.close()
    new = await opened(url, OTHER)
    assert await new.credentials.of("hypatos") == {"client_secret": SECRET}
    assert Vault([OTHER]).decrypt(await new.load_token("hypatos") or "") == "a token"
    assert await new.load_token("lost") == "what no key opens stays as it is"
    assert [one.saved_at for one in await new.credentials.kept()] == before, "nobody has changed it"
    await new.close()


async def test_the_doctor_names_what_no_key_opens(url: str):
    ledger = await opened(url)
    await ledger.credentials.set("hypatos", "client_secret", SECRET)
    await ledger.close()
    sealed = Vault([OTHER]).encrypt("['zefort', 'api_key', 'x']")
    rows(url, f"INSERT INTO credential VALUES ('zefort', 'api_key', '{sealed}', '2026-01-01T00:00:00.000000Z')")
    found = await Care(url, vault=Vault([KEY])).look_over(lambda _done, _of: None)
    (wrong,) = [one for one in found if not one.ok]
    assert (wrong.what, wrong.says, wrong.documents) == ("credentials", "no key opens 1 of 2", ["zefort.api_key"])
