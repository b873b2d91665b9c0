"""What DocuMine gives and takes, as JSON Schema. The names of components are the template's own: they are learned from it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.fields import anything, closed, group, instant, listed, of_account, optional, pairs, text, whole, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.fields import JsonSchema

LONGEST_NAME = 200
_COMPONENTS = {
    "Study_Title": text("The title of the study."),
    "Study_Number": text("The number of the study."),
    "Test_Facility": text("Where the study was made."),
    "Completion Date": text("The day on which the study ended, as the rules write it."),
}
"""Names that templates for study reports commonly use; those of an account may be others."""
READ = group(
    "A file that was analysed, with what was extracted from it.",
    {
        "id": text("The file's id."),
        "name": text("The file's name."),
        "dossier": group(
            "The dossier that the file lies in.",
            {"id": text("The dossier's id."), "name": text("The dossier's name.")},
        ),
        "template": group("The dossier's template.", {"id": text("The template's id.")}),
        "components": of_account(
            "components",
            group(
                "What was extracted, by the rules' names: the first value of each.",
                {name: optional(one) for name, one in _COMPONENTS.items()},
            ),
            guessed=True,
        ),
        "components_all": pairs(
            "What was extracted: all values of each component.", listed("The values.", text("A value."))
        ),
        "details": pairs(
            "Where the values come from: rule, page and original of each.",
            listed("The values.", anything("A value with its rule, its original and its places in the file.")),
        ),
        "file": group(
            "What the list of files says about it.",
            {
                "processingStatus": word("How far its analysis is.", "PROCESSED", "ERROR", "DELETED"),
                "workflowStatus": word("How far its review is.", "NEW", "UNDER_REVIEW", "UNDER_APPROVAL", "APPROVED"),
                "fileSize": whole("How many bytes it has."),
                "mimeType": text("Its media type."),
                "numberOfPages": whole("How many pages it has."),
                "numberOfAnalyses": whole("How often it was analysed."),
                "added": optional(instant("When it was added.")),
                "lastUploaded": optional(instant("When it was last uploaded.")),
                "lastProcessed": optional(instant("When it was last analysed.")),
                "approvalDate": optional(instant("When a person approved it.")),
            },
        ),
    },
    required=["id", "name", "dossier", "template", "components", "components_all", "details", "file"],
)
UPLOAD = closed(
    "A file to be put into a dossier.",
    {
        "name": text("The file's name, before the marker that docferry adds.", maxLength=LONGEST_NAME),
        "dossier": text(
            "The dossier to put it into, by name or id; made if it is missing. Without it the settings' one."
        ),
    },
)

SOURCES: Mapping[str, JsonSchema] = MappingProxyType({"files": READ})
DESTINATIONS: Mapping[str, JsonSchema] = MappingProxyType({"files": UPLOAD})
