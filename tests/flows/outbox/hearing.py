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
    found: Findings, what: str, messages: Sequence[Message], means: Mapping[str, Sequence[tuple[str, str]]], ear: Ways
) -> None:
    """Compare what was heard with the messages in their order, each of which `means` some effects (channel, words).

    What was told has had all of its effects, once; what was refused, the first few of them or none.
    """
    for number, message in enumerate(messages, 1):
        _answered(found, f"{what}, message {number} ({message.outcome})", message)
    wanted = [(message.answer == "told", means[message.outcome]) for message in messages]
    if _explained(wanted, ear, dict.fromkeys(ear.heard, 0)):
        return
    before = len(found.lost) + len(found.doubled) + len(found.wrong)
    at = dict.fromkeys(ear.heard, 0)
    for number, (message, (told, effects)) in enumerate(zip(messages, wanted, strict=True), 1):
        which = f"{what}, message {number} ({message.outcome})"
        for channel, words in effects:
            if ear.changes_nothing(channel, words, at):
                continue
            if not ear.comes_next(channel, words, at):
                if told:
                    found.lost.append(f"{which}: {channel} should show '{words}' as number {at[channel] + 1}")
                    continue
                break
            at[channel] += 1
    _left_over(found, what, ear, at)
    if len(found.lost) + len(found.doubled) + len(found.wrong) == before:
        found.wrong.append(f"{what}: nothing explains what was heard: {ear.heard}")


def _left_over(found: Findings, what: str, ear: Ways, at: Mapping[str, int]) -> None:
    for channel, effects in ear.heard.items():
        for words in effects[at[channel] :]:
            kind = found.doubled if words in effects[: at[channel]] else found.wrong
            kind.append(f"{what}: {channel} shows '{words}' once too often, or too late")


@dataclass(frozen=True)
class Ways:
    """What was heard of a document, and how effects show there.

    Those that are `lasting` are had once: said again they change nothing. In a channel that is `replaced` the others are a
    text that stands until the next one: what stands already is not heard again.
    """

    heard: Heard
    lasting: Collection[str]
    replaced: Collection[str]

    def changes_nothing(self, channel: str, words: str, at: Mapping[str, int]) -> bool:
        """Say whether these words cannot show, since they are there already."""
        had = self.heard[channel][: at[channel]]
        if words in self.lasting:
            return words in had
        texts = [one for one in had if one not in self.lasting]
        return channel in self.replaced and texts[-1:] == [words]

    def comes_next(self, channel: str, words: str, at: Mapping[str, int]) -> bool:
        """Say whether these words are what was heard next."""
        return self.heard[channel][at[channel] : at[channel] + 1] == [words]


def _explained(wanted: Sequence[tuple[bool, Sequence[tuple[str, str]]]], ear: Ways, at: dict[str, int]) -> bool:
    """Say whether there are numbers of effects of the refused messages with which exactly this is heard."""
    if not wanted:
        return all(at[channel] == len(effects) for channel, effects in ear.heard.items())
    (told, effects), *later = wanted
    at = dict(at)
    if not told and _explained(later, ear, at):
        return True
    for number, (channel, words) in enumerate(effects, 1):
        if not ear.changes_nothing(channel, words, at):
            if not ear.comes_next(channel, words, at):
                return False
            at[channel] += 1
        if (not told or number == len(effects)) and _explained(later, ear, at):
            return True
    return told and not effects and _explained(later, ear, at)


def _answered(found: Findings, which: str, message: Message) -> None:
    if message.answer is None:
        found.lost.append(f"{which} is still owed")
    elif message.answer == "refused" and "409" not in (message.reason or ""):
        found.wrong.append(f"{which} was refused for no reason: {message.reason}")
