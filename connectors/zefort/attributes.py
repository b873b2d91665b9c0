"""Writes a contract's attributes and status, compares them with what is shown, and notices when the AI replaced them."""

from __future__ import annotations

import json
import logging
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, cast

from connectors.errors import RejectedError, TransientError

if TYPE_CHECKING:
    from connectors.contract import Fields, Journal
    from connectors.zefort.client import ZefortClient
    from connectors.zefort.models import Contract
    from connectors.zefort.payload import Wanted

log = logging.getLogger(__name__)

SENT = "attributes"
"""The journal's record of what was sent: fingerprints by attribute, never values."""
FINAL = "final"
"""The journal's record that we wrote after the AI had finished. From then on every change is a person's."""
SHOWN = "shown"
"""The journal's record of how the attributes showed once they were ours for good: fingerprints, as in SENT."""
_STATUS = "(status)"


class Writer:
    """Writes what differs and nothing else."""

    def __init__(self, client: ZefortClient) -> None:
        self._client = client

    async def write(self, contract: Contract, wanted: Wanted, journal: Journal) -> Contract:
        """Bring attributes and status about. Return the contract as last read.

        RejectedError: Zefort refuses a value, or keeps nothing of it because the account has no such attribute.
        """
        recorded = _recorded(journal)
        latest = contract
        # What we once sent and no longer want is emptied, unless somebody has changed it since.
        emptied = {
            key: None
            for key, seen in recorded.items()
            if key not in wanted.attributes and key != _STATUS and _print(contract, key, journal) == seen
        }
        changes = differing({**emptied, **wanted.attributes}, contract.attributes)
        if changes:
            latest = await self.patch(contract, changes)
        # While the AI is at work the status is not ours; `altered` will say so once it has finished.
        moves = wanted.status is not None and latest.status != wanted.status and not latest.analysing
        if moves and self._may_move(latest, wanted, journal):
            latest = await self.move(latest, str(wanted.status))
        await self._record(contract.id, wanted, latest, journal)
        return latest

    async def patch(self, contract: Contract, changes: Fields) -> Contract:
        """Set these attributes and keep the others, whatever PATCH means here. Return the contract as last read.

        RejectedError: Zefort refuses a value, or keeps nothing of it because the account has no such attribute.
        """
        answer = await self._send(contract.id, changes)
        if any(
            plain(contract.attributes[key]) and not plain(answer.attributes.get(key))
            for key in contract.attributes.keys() - changes
        ):
            # The attributes that were not named are gone: here PATCH replaces them all, so all of them are named.
            answer = await self._send(contract.id, {**contract.attributes, **changes})
        shown = answer.attributes
        if lost := [key for key, value in changes.items() if plain(value) and not plain(shown.get(key))]:
            raise RejectedError(
                f"zefort kept nothing of {', '.join(lost)}; does the account have such an attribute?",
                connection=self._client.api.connection,
            )
        if other := differing(changes, shown):
            log.warning("contract %s shows %s differently from what was sent", contract.id, ", ".join(other))
        return answer

    async def _send(self, contract_id: str, changes: Fields) -> Contract:
        try:
            answer = await self._client.patch(contract_id, {"attributes": changes})
        except TransientError as error:
            return await self._client.seen(contract_id, lambda shown: not differing(changes, shown.attributes), error)
        if answer is None or differing(changes, answer.attributes):
            answer = await self._client.contract(contract_id)
        return answer

    async def move(self, contract: Contract, status: str) -> Contract:
        """Set the status. RejectedError: it cannot be, for example because a mandatory attribute is missing."""
        try:
            answer = await self._client.patch(contract.id, {"status": status})
        except RejectedError as error:
            reason = "; a mandatory attribute is missing" if contract.body.get("incomplete") is True else ""
            raise RejectedError(
                f"it cannot be set to {status!r}{reason} ({error})", connection=error.connection, status=error.status
            ) from error
        except TransientError as error:
            return await self._client.seen(contract.id, lambda shown: shown.status == status, error)
        return answer or await self._client.contract(contract.id)

    def _may_move(self, contract: Contract, wanted: Wanted, journal: Journal) -> bool:
        """Say whether the status is still ours to set: not yet set by us, or set back by the AI."""
        ours = _recorded(journal).get(_STATUS) == _of(contract.id, _STATUS, wanted.status, journal)
        return not ours or (contract.status == "review" and not journal.results(FINAL))

    async def _record(self, contract_id: str, wanted: Wanted, latest: Contract, journal: Journal) -> None:
        sent = dict(wanted.attributes)
        if wanted.status is not None:
            sent[_STATUS] = wanted.status
        prints = {key: _of(contract_id, key, value, journal) for key, value in sorted(sent.items())}
        recorded = _recorded(journal)
        if prints != recorded:
            await journal.record(SENT, json.dumps(prints))
        # A contract that was just made may not have reached the AI yet.
        finished = latest.analysed or bool(recorded)
        if finished and not latest.analysing and not journal.results(FINAL):
            await journal.record(FINAL, "written after the AI had finished")
        if journal.results(SHOWN):
            await journal.forget(SHOWN)  # what shows from now on is compared with what was written just now
        await keep_shown(latest, journal)


def altered(contract: Contract, journal: Journal) -> list[str]:
    """Return what the AI has replaced since we wrote, once: after the first correction changes are a person's."""
    if contract.status != "review" or journal.results(FINAL):
        return []
    keys = [key for key, sent in _recorded(journal).items() if _print(contract, key, journal) != sent]
    # Without AI results a value was changed by a person; only the status had to wait.
    return [key.strip("()") for key in keys if contract.analysed or key == _STATUS]


async def keep_shown(contract: Contract, journal: Journal) -> None:
    """Write down how the attributes show, once, as soon as every change of them is a person's.

    That need not be what was sent: Zefort may show a value in a form of its own.
    """
    if journal.results(FINAL) and not journal.results(SHOWN):
        shown = {key: _print(contract, key, journal) for key in sorted(_recorded(journal)) if key != _STATUS}
        await journal.record(SHOWN, json.dumps(shown))


def edited(contract: Contract, journal: Journal) -> list[str]:
    """Return which attributes that we have set people have changed since."""
    shown = cast("dict[str, str]", json.loads(journal.results(SHOWN).get(SHOWN, "{}")))
    return [key for key, print_ in shown.items() if _print(contract, key, journal) != print_]


def is_ours(contract: Contract, journal: Journal) -> bool:
    """Say whether the status is the one that we have set."""
    return _recorded(journal).get(_STATUS) == _of(contract.id, _STATUS, contract.status, journal)


def differing(wanted: Fields, shown: Fields) -> Fields:
    """Return the wanted values that are not shown."""
    return {key: value for key, value in wanted.items() if plain(value) != plain(shown.get(key))}


def plain(value: object) -> str:
    """Return a value as it compares: 1, 1.0 and "1.00" are one number, null and "" are both nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return json.dumps([plain(item) for item in value]) if value else ""
    return _number(str(value).strip())


def _number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > 40:  # noqa: PLR2004 -- written out it would fill pages
        return text
    written = format(number, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _recorded(journal: Journal) -> dict[str, str]:
    return cast("dict[str, str]", json.loads(journal.results(SENT).get(SENT, "{}")))


def _print(contract: Contract, key: str, journal: Journal) -> str:
    value = contract.status if key == _STATUS else contract.attributes.get(key)
    return _of(contract.id, key, value, journal)


def _of(contract_id: str, key: str, value: object, journal: Journal) -> str:
    return journal.fingerprint(f"{contract_id}|{key}|{plain(value)}")
