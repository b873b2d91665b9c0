"""Why a document came out as it did: judged again from the state alone, by the mapping that judged it then.

The payload that this makes is compared with the fingerprint of what was sent, so it is known whether it is that payload.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.fitting import content, travelling
from flows.recorded import unpack
from mappings.language import load_bundle
from mappings.language.problems import suggestion
from mappings.workbench.outcome import pattern_of, within
from mappings.workbench.preview import preview

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import Document
    from mappings.language import FieldProblem, Route
    from mappings.workbench.preview import Field, Preview
    from state.ledger import Ledger
    from state.records import Timeline, Transfer
    from state.versions import MappingVersion


_Rule = tuple[int, str, tuple[str, ...]]


class NoSuchFieldError(ValueError):
    """The mapping has no rule for the field that was asked for; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of one transfer and of how it came about.

    `made` is what the mapping made of the document, None if that cannot be told, and `verified` whether it is, byte for
    byte, what was sent (None if nobody can tell); `says` puts that in a sentence. `told` are the problems and reviews of
    the fields. `rules` are what the mapping had for the fields, as (line, target, paths), where the document is not
    recorded, or where nothing became of the field that was asked for. With `superseded` the mapping that judged it is
    not the one that the last run used.
    """

    transfer: Transfer
    timeline: Timeline
    mapping: MappingVersion | None
    superseded: bool
    made: Preview | None
    fields: Sequence[Field]
    told: Sequence[FieldProblem]
    rules: Sequence[_Rule]
    verified: bool | None
    says: str

    @property
    def file(self) -> str:
        """The name of the route file, relative to the folder of the routes."""
        return f"{self.transfer.route}.yaml"


async def explain(ledger: Ledger, transfer: Transfer, path: str | None = None) -> Account:
    """Read and judge again what became of a transfer. `path` restricts the fields to a target and what is inside it.

    Raises NoSuchFieldError if nothing makes such a field, RouteError if the mapping cannot be read by this release.
    """
    version = transfer.mapping_version
    mapping = await ledger.archive.mapping(transfer.route, version) if version else None
    latest = await ledger.archive.mapping(transfer.route) if mapping else None
    snapshot = await ledger.archive.snapshot(transfer.id)
    timeline = await ledger.timeline(transfer.id)
    superseded = mapping is not None and latest is not None and latest.version != mapping.version
    route = load_bundle(transfer.route, mapping.bundle) if mapping is not None else None
    why = _why_not(ledger, transfer, route, snapshot is not None)
    rules = [(rule.line, rule.target, rule.sources) for rule in route.rules] if route else []
    if route is None or snapshot is None or snapshot.content is None:
        kept = [] if route is None else _some(path, _chosen(path, rules), rules, ())
        return Account(transfer, timeline, mapping, superseded, None, (), (), kept, None, why)
    document = unpack(snapshot.content)
    made = preview(route, document.fields)
    verified, says = _verdict(ledger, transfer, route, document, made)
    fields = [each for each in made.fields if _about(path, each.target)]
    told = [each for each in (*made.outcome.problems, *made.outcome.mapped.reviews) if _about(path, each.target)]
    kept = [] if path is None or fields or told else _some(path, _chosen(path, rules), rules, made.fields)
    return Account(transfer, timeline, mapping, superseded, made, fields, told, kept, verified, says)


def _why_not(ledger: Ledger, transfer: Transfer, route: Route | None, recorded: bool) -> str:
    if transfer.mapping_version is None:
        return "no verdict on it is written down yet"
    if route is None:
        return "the mapping that judged it was not kept; this state is older than the keeping of mappings"
    if recorded:
        return "none of DOCFERRY_KEYS opens the recorded document any more"
    if not ledger.archive.recording:
        return "the document is not recorded: that takes DOCFERRY_KEYS (see docs/state.md)"
    return "the document is not recorded any more, or was judged before there was a key (DOCFERRY_SNAPSHOTS says how many are)"


def _verdict(
    ledger: Ledger, transfer: Transfer, route: Route, document: Document, made: Preview
) -> tuple[bool | None, str]:
    taken = "" if transfer.external_id is None else "; what the destination holds came of an earlier version of it"
    if made.outcome.skipped is not None:
        return None, f"it was skipped, {made.outcome.skipped}{taken}"
    payload = made.outcome.payload
    if payload is None or transfer.status == "rejected":
        return None, f"it was rejected{taken}"
    if transfer.payload_digest is None:
        return None, "whether it is what was sent cannot be told: there is no fingerprint of that (nothing, or rekeyed)"
    if (
        ledger.fingerprint(content(payload, travelling(route, document.files, transfer.origin)))
        == transfer.payload_digest
    ):
        return True, "made again from the recorded document, it is byte for byte what was sent"
    return False, "made again from the recorded document, it is NOT what was sent: please report this"


def _about(path: str | None, target: str) -> bool:
    return path is None or within(target, path) or pattern_of(target) == path


def _chosen(path: str | None, rules: Sequence[_Rule]) -> list[_Rule]:
    """Return the rules that make a field, or what is inside it."""
    return [rule for rule in rules if path is None or within(rule[1], pattern_of(path))]


def _some(path: str | None, kept: list[_Rule], rules: Sequence[_Rule], fields: Sequence[Field]) -> list[_Rule]:
    if path is not None and not kept:
        known = dict.fromkeys([*(field.target for field in fields), *(target for _, target, _ in rules)])
        raise NoSuchFieldError(f"the mapping makes no field '{path}'{suggestion(path, known)}")
    return kept
