"""What the vault keeps, and from whom."""

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


def test_without_the_right_key_there_is_nothing():
    kept = Vault([ONE]).encrypt("secret")
    assert Vault([TWO]).decrypt(kept) is None
    assert Vault([ONE]).decrypt(kept[:-4]) is None
    assert Vault([ONE]).decrypt("ü") is None


@pytest.mark.parametrize("keys", [[], [ONE, "hunter2"], [""]])
def test_a_bad_key_is_named_by_its_place_and_never_shown(keys: list[str]):
    with pytest.raises(StateError, match=r"DOCFERRY_KEYS.*openssl rand") as caught:
        Vault(keys)
    assert "hunter2" not in str(caught.value)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the command that messages and docs name is not installed")
def test_the_command_that_is_named_makes_keys():
    keys = [subprocess.run(MAKE_ONE, shell=True, check=True, capture_output=True, text=True).stdout for _ in range(20)]
    assert len({*Vault(keys).names}) == 20
