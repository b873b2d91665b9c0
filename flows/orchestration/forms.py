"""The form of a manual run: what a person chooses in Prefect's page, checked there, field by field, before a run begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from flows.selection import LONGEST_REASON, Selection

DocumentId = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


class What(StrEnum):
    """What a run carries."""

    ALL_DUE = "all due"
    DOCUMENTS = "only these documents"
    REJECTED = "rejected again"
    SWEEP = "full sweep"
    DRY_RUN = "dry run"


_DATED: list[JsonValue] = [What.REJECTED.value, What.SWEEP.value]
_NAMED: list[JsonValue] = [What.DOCUMENTS.value, What.DRY_RUN.value]


def _chosen(choices: list[JsonValue]) -> JsonValue:
    """Return the condition that one of these is chosen. A form that leaves `what` alone means its default."""
    return {"properties": {"what": {"enum": choices}}, "required": ["what"]}


_RULES: list[JsonValue] = [
    {
        "if": _chosen([What.DOCUMENTS.value]),
        "then": {"required": ["documents"], "properties": {"documents": {"minItems": 1}}},
    },
    {"if": _chosen(_NAMED), "else": {"properties": {"documents": {"maxItems": 0}}}},
    {"if": _chosen(_DATED), "else": {"properties": {"since": {"type": "null"}}}},
]
"""What the fields of the form have to do with each other, in JSON Schema, since Prefect's server is who answers a form."""


class Request(BaseModel):
    """What to carry in this run. A scheduled run leaves all of it alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"allOf": _RULES}, title="What to carry")

    what: What = Field(
        What.ALL_DUE,
        title="What",
        description="**all due**: what is new or changed at the source, and whatever is due from earlier runs. "
        "**only these documents**: those named below, due or not. **rejected again**: what was rejected or failed. "
        "**full sweep**: list the source from its beginning (or from *Since*), then as *all due*; what is known and unchanged "
        "is not sent again. **dry run**: read and map only, write nothing.",
    )
    documents: list[DocumentId] = Field(
        default_factory=list,
        title="Documents",
        description="Ids at the source, exactly as they are there. With *only these documents*, or to try just these in a *dry run*.",
        max_length=1000,
    )
    since: date | None = Field(
        None,
        title="Since",
        description="With *rejected again*: what was rejected on this day (UTC) or later. With *full sweep*: list from this day on. "
        "*None*: all.",
    )
    limit: int | None = Field(
        None,
        ge=1,
        title="Limit",
        description="Begin at most this many documents; the rest stays due. *None*: all.",
    )
    reason: str | None = Field(
        None,
        max_length=LONGEST_REASON,
        title="Reason",
        description="Why this run is started by hand. It is kept with the run; do not write secrets or documents' contents.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Refuse what the form's rules refuse, for whoever starts a run without the form."""
        if self.what is What.DOCUMENTS and not self.documents:
            raise ValueError("name at least one document, or choose something else to carry")
        if self.documents and self.what.value not in _NAMED:
            raise ValueError(
                f"documents are named, but '{self.what.value}' does not go by names; choose '{What.DOCUMENTS.value}'"
            )
        if self.since and self.what.value not in _DATED:
            raise ValueError(
                f"'{self.what.value}' has no date to begin from; leave it empty, or choose '{What.SWEEP.value}'"
            )
        return self

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be written."""
        return self.what is What.DRY_RUN

    def selection(self) -> Selection:
        """Return what the engine is asked for."""
        return Selection(
            documents=tuple(self.documents),
            rejected=self.what is What.REJECTED,
            sweep=self.what is What.SWEEP,
            since=datetime.combine(self.since, time.min, UTC) if self.since else None,
            limit=self.limit,
            reason=self.reason,
        )
