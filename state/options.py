"""Which options (`?name=value`) the ledger's address may have. One that nothing understands is refused, never overlooked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from state.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import URL

_NAME = re.compile(r"[A-Za-z][A-Za-z_]{0,40}")


def check(url: URL, known: Collection[str], allowed: str, *, several: Collection[str] = ()) -> None:
    """Raise SettingError for an option that is not `known`, or is there twice and not in `several`.

    `allowed` says what may stand there. No value is shown: it may be a password, or what is left of one.
    """
    for name, value in url.query.items():
        if name not in known:
            raise SettingError(f"DOCFERRY_STATE_URL has {_called(name, value)}; {allowed}")
        if not isinstance(value, str) and name not in several:
            raise SettingError(f"DOCFERRY_STATE_URL has the option {name} twice; write it once")


def _called(name: str, value: str | tuple[str, ...]) -> str:
    # Of a password that holds a "?" or "@" as it is, the rest is read as options.
    if not _NAME.fullmatch(name) or any("@" in one for one in ([value] if isinstance(value, str) else value)):
        return "something behind its ? that is no option (in a password write @ : / ? # and % as %40 %3A %2F %3F %23 and %25)"
    return f"the option {name}, which docferry does not know"
