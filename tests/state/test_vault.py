"""What the vault keeps, and from whom."""

import base64
import hashlib
import shutil
import subprocess

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from state import StateError, Vault
from state.vault import MAKE_ONE

ONE = Fernet.generate_key().decode()
TWO = Fernet.generate_key().decode()


@given(st.text())
def test_what_goes_in_comes_out_and_is_not_readable_in_between(text: str):
    kept = Vault([ONE]).encrypt(text)
    assert Vault([ONE]).decrypt(kept) == text
    assert len(text) < 4 or text not in kept


def test_a_rotated_key_reads_old_texts_and_writes_new_ones():
    old = Vault([ONE]).encrypt("secret")
    both = Vault([TWO, ONE])
    assert both.decrypt(old) == "secret"
    assert Vault([TWO]).decrypt(both.encrypt("secret")) == "secret"


def spellings(key: str) -> set[str]:
    """Write a key in every way in which it is read as the same 32 bytes."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    ends = {key[:42] + letter + "=" for letter in letters}
    same = {end for end in ends if base64.urlsafe_b64decode(end) == base64.urlsafe_b64decode(key)}
    return same | {end.replace("-", "+").replace("_", "/") for end in same} | {f" {key}\n"}


@given(st.binary(min_size=32, max_size=32))
def test_a_key_has_one_name_however_it_is_spelled(content: bytes):
    key = base64.urlsafe_b64encode(content).decode()
    assert len(spellings(key)) > 4
    for spelled in spellings(key):
        assert Vault([spelled]).names[0] == Vault([key]).names[0]
        assert Vault([spelled]).decrypt_bytes(Vault([key]).seal(b"x")) == b"x"
        assert Vault([TWO, spelled]).names[:2] == (Vault([TWO]).names[0], Vault([key]).names[0])
    assert Vault([key]).names == Vault([key, key]).names
    assert Vault([key]).names == (hashlib.sha256(b"docferry key " + key.encode()).hexdigest()[:12],)


def test_without_the_right_key_there_is_nothing():
    kept = Vault([ONE]).encrypt("secret")
    assert Vault([TWO]).decrypt(kept) is None
    assert Vault([ONE]).decrypt(kept[:-4]) is None
    assert Vault([ONE]).decrypt("ü") is None


@given(st.binary())
def test_a_sealed_document_is_opened_by_its_key_alone_and_by_another_vault_of_it(content: bytes):
    sealed = Vault([ONE]).seal(content)
    assert Vault([TWO, ONE]).decrypt_bytes(sealed) == content
    assert Vault([TWO]).decrypt_bytes(sealed) is None
    assert len(content) < 4 or content not in base64.b64decode(sealed[2:])


def test_documents_that_an_earlier_version_has_encrypted_are_opened():
    assert Vault([TWO, ONE]).decrypt_bytes(Fernet(ONE).encrypt(b"document").decode()) == b"document"


def test_the_first_key_is_known_by_what_it_has_sealed():
    sealed = Vault([ONE]).seal(b"document")
    assert Vault([ONE, TWO]).is_current(sealed)
    assert not Vault([TWO, ONE]).is_current(sealed)


def test_no_two_sealed_documents_share_a_nonce_and_no_two_vaults_a_key():
    one, other = Vault([ONE]), Vault([ONE])
    whole = [base64.b64decode(vault.seal(b"document")[2:]) for vault in (one, other) for _ in range(100)]
    assert len({each[16:28] for each in whole}) == 200
    assert len({each[:16] for each in whole}) == 2


def test_another_key_is_derived_in_time(monkeypatch):
    monkeypatch.setattr("state.vault._PER_KEY", 2)
    vault = Vault([ONE])
    sealed = [vault.seal(b"document") for _ in range(5)]
    assert len({base64.b64decode(each[2:])[:16] for each in sealed}) == 3
    assert {vault.decrypt_bytes(each) for each in sealed} == {b"document"}


@given(st.data())
def test_a_sealed_document_that_was_altered_is_not_opened(data):
    whole = bytearray(base64.b64decode(Vault([ONE]).seal(b"document")[2:]))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    assert Vault([ONE]).decrypt_bytes("1." + base64.b64encode(whole).decode()) is None
    assert Vault([ONE]).decrypt_bytes("1." + base64.b64encode(whole[:place]).decode()) is None


@pytest.mark.parametrize("text", ["1.", "1.ü", "1.####", "1.AAAA", "2.AAAA"])
def test_what_was_never_sealed_is_not_opened(text):
    assert Vault([ONE]).decrypt_bytes(text) is None


@pytest.mark.parametrize("keys", [[], [ONE, "hunter2"], [""]])
def test_a_bad_key_is_named_by_its_place_and_never_shown(keys: list[str]):
    with pytest.raises(StateError, match=r"DOCFERRY_KEYS.*openssl rand") as caught:
        Vault(keys)
    assert "hunter2" not in str(caught.value)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the command that messages and docs name is not installed")
def test_the_command_that_is_named_makes_keys():
    keys = [subprocess.run(MAKE_ONE, shell=True, check=True, capture_output=True, text=True).stdout for _ in range(20)]
    assert len({*Vault(keys).names}) == 20
