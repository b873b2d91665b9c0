"""How Contract.fit is told: one change a call, nothing on a document that somebody else has locked, all of it read back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.contractfit import models
from connectors.contractfit.messages import ACTIONS, Message, messages, version
from connectors.contractfit.versions import current
from connectors.errors import RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import Feedback, Fields, Journal
    from connectors.contractfit.client import ContractfitClient

_GLANCES = (0.0, 0.4, 1.0, 2.0)
"""Pauses in seconds before each look for an effect that the answer did not show."""
_TRIES = 3
"""How often a change that is answered and then does not show is asked for before it is given up."""
_SOON = timedelta(seconds=5)
"""Setting a value twice is harmless, so it is soon repeated."""


class Teller:
    """Sends messages. `watch` is for how many seconds an effect is looked for at once, `settle` when feedback is sent again."""

    actions: Mapping[str, str] = ACTIONS

    def __init__(self, client: ContractfitClient, *, watch: float, settle: timedelta) -> None:
        self._client = client
        self._watch = watch
        self._settle = settle

    def check(self, actions: Mapping[str, object]) -> None:
        """Raise RejectedError for what can never be taken."""
        messages(actions)

    async def tell(self, feedback: Feedback, journal: Journal) -> None:
        """Send each message once and see that it took effect.

        TransientError: somebody else has locked the document, or it does not show the effect yet. RejectedError: it
        was answered with success several times and never showed.
        """
        for message in messages(feedback.actions):
            step = f"feedback:{feedback.seq}:{message.action}"
            if step + ":shown" in journal.results(step):
                continue  # what a person has changed since is theirs
            fields = await self._client.document(feedback.document_id)
            self._unlocked(fields, journal)
            if message.action == "feedback":
                shown = await self._review(message, step, feedback, fields, journal)
            else:
                shown = message.shows(fields) or await self._change(message, step, feedback, journal)
            if not shown:
                await self._not_shown(message, step, feedback, journal)
            await journal.record(step + ":shown", "seen")

    def _unlocked(self, fields: Fields, journal: Journal) -> None:
        """Raise TransientError if somebody is at work on the document and has locked it, unless that was us."""
        if not models.switched(fields, "lock"):
            return
        asked = {
            int(name.split(":")[1]): result
            for name, result in journal.results("feedback:").items()
            if name.endswith(":lock:asked")
        }
        if not asked or asked[max(asked)] != "true":
            raise TransientError(
                f"contract.fit: document {fields.get('id')} is locked by somebody, so nothing is written to it now",
                connection=self._client.api.connection,
                arrived="no",
            )

    async def _change(self, message: Message, step: str, feedback: Feedback, journal: Journal) -> bool:
        document_id = feedback.document_id
        answers: list[Fields | None] = []

        async def change() -> str:
            word = str(message.value).lower()
            if message.action == "lock":
                await journal.record(step + ":asked", word)
            answers.append(await self._client.set_status(document_id, message.change))
            return word

        async def find() -> str | None:
            return "found" if await self._look(message, document_id) else None

        await journal.once(step, change, find, settle=min(self._settle, _SOON))
        # The answer is the document itself, if it is as documented: then there is nothing more to ask.
        if answers and (answer := answers[0]) is not None and message.shows(answer):
            return True
        return await self._look(message, document_id)

    async def _look(self, message: Message, document_id: str) -> bool:
        for pause in _GLANCES:
            await asyncio.sleep(min(pause, self._watch))
            if message.shows(await self._client.document(document_id)):
                return True
        return False

    async def _not_shown(self, message: Message, step: str, feedback: Feedback, journal: Journal) -> None:
        tries = int(journal.results(step).get(step + ":tries", "0")) + 1
        words = f"contract.fit answered {message.action} for document {feedback.document_id} with success, and it does not show"
        if tries >= _TRIES:
            raise RejectedError(f"{words}, {tries} times", connection=self._client.api.connection)
        await journal.record(step + ":tries", str(tries))
        if message.action != "feedback":
            await journal.forget(step)  # feedback is not repeated: each call adds a version
        raise TransientError(words, connection=self._client.api.connection, arrived="maybe")

    async def _review(self, message: Message, step: str, feedback: Feedback, fields: Fields, journal: Journal) -> bool:
        """Send a reviewed version, once: each call adds one. Its name tells it from all others."""
        document_id = feedback.document_id
        name = models.OURS + models.digest([document_id, feedback.seq, message.value])[:12]

        async def send() -> str:
            body = version(message.value, await current(self._client, document_id, fields), name)
            await journal.record(step + ":before", _fed_back(fields))
            await self._client.give_feedback(document_id, body)
            return name

        async def find() -> str | None:
            return name if await self._reviewed(document_id, name, step, journal) else None

        await journal.once(step, send, find, settle=self._settle)
        return await self._reviewed(document_id, name, step, journal)

    async def _reviewed(self, document_id: str, name: str, step: str, journal: Journal) -> bool:
        """Look for our version, or for feedback that came after ours was sent: on top of that ours is not sent again."""
        before = journal.results(step).get(step + ":before")
        for pause in _GLANCES:
            await asyncio.sleep(min(pause, self._watch))
            fields = await self._client.document(document_id)
            listed = fields.get("versions")
            names = [one.get("name") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
            if name in {fields.get("last_version"), *map(str, names)}:
                return True
            if before is not None and _fed_back(fields) not in {"", before}:
                return True
        return False


def _fed_back(fields: Fields) -> str:
    """Return what changes when anybody gives feedback: its time, or that there is some; empty if there is none."""
    moment = models.instant(models.part(fields, "timings").get("feedback_time"))
    if moment is not None:
        return models.written(moment)
    return "some" if models.part(fields, "status_data").get("feedback") is True else ""
