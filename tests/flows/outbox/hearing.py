"""What a source has heard of each document, message by message, set beside what the ledger says it was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tests.flows.findings import Findings

Heard = dict[str, list[str]]
"""The effects that show at a source, by channel (notes, tags …), each as often and in the order as they happened."""


@dataclass(frozen=True)
class Message:
    """One message as the ledger has it. `reason` is why the source refused it, None if it did not say."""

    outcome: str
    answer: str | None
    reason: str | None


def compare(
    found: Findings,
    what: str,
    messages: Sequence[Message],
    means: Mapping[str, Sequence[tuple[str, str]]],
    heard: Heard,
    lasting: Collection[str],
) -> None:
    """Compare what was heard with the messages in their order, each of which `means` some effects (channel, words).

    What was told has had all of its effects, once; what was refused, the first few of them or none. Effects that are
    `lasting` are had once: said again they change nothing.
    """
    at = dict.fromkeys(heard, 0)

    def had(channel: str) -> list[str]:
        return heard[channel][: at[channel]]

    for number, message in enumerate(messages, 1):
        which = f"{what}, message {number} ({message.outcome})"
        _answered(found, which, message)
        for channel, words in means[message.outcome]:
            if words in lasting and words in had(channel):
                continue
            if heard[channel][at[channel] : at[channel] + 1] == [words]:
                at[channel] += 1
            elif message.answer == "told":
                found.lost.append(f"{which}: {channel} should show '{words}' as number {at[channel] + 1}")
            else:
                break
    for channel, effects in heard.items():
        for words in effects[at[channel] :]:
            kind = found.doubled if words in had(channel) else found.wrong
            kind.append(f"{what}: {channel} shows '{words}' once too often, or too late")


def _answered(found: Findings, which: str, message: Message) -> None:
    if message.answer is None:
        found.lost.append(f"{which} is still owed")
    elif message.answer == "refused" and "409" not in (message.reason or ""):
        found.wrong.append(f"{which} was refused for no reason: {message.reason}")
