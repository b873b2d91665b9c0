"""How the DocuMine sandbox writes its templates, dossiers, files and packages down, in every spelling the facts allow."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.documine import sandbox_demo

if TYPE_CHECKING:
    from connectors.documine.sandbox_store import Dossier, Package, Record, Template
    from connectors.documine.sandbox_switches import Switches

Json = dict[str, object]


class Views:
    """Writes objects as the switches want them."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._turn = itertools.count()

    def stamp(self, moment: float | None) -> str | None:
        """Write an instant in one of the two spellings that occur, or in turns."""
        if moment is None:
            return None
        at = datetime.fromtimestamp(moment, UTC)
        if self._switches.stamps == "z" or (self._switches.stamps == "mixed" and next(self._turn) % 2):
            # to the millisecond: two analyses may fall into one second
            return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+00:00"

    def template(self, template: Template) -> Json:
        """Write a template."""
        return self._novel(
            {
                "id": template.id,
                "name": template.name,
                "description": None,
                "dateAdded": "2020-01-23T04:56:07.000+00:00",
                "validFrom": self.stamp(template.valid_from),
                "validTo": self.stamp(template.valid_to),
                "status": template.status,
                "removeWatermark": False,
            }
        )

    def dossier(self, dossier: Dossier) -> Json:
        """Write a dossier."""
        return self._novel(
            {
                "id": dossier.id,
                "name": dossier.name,
                "description": dossier.description,
                "dossierTemplateId": dossier.template.id,
                "date": self.stamp(dossier.made),
                "archivedTime": self.stamp(dossier.archived),
                "softDeletedTime": self.stamp(dossier.deleted),
            }
        )

    def file(self, dossier: Dossier, record: Record) -> Json:
        """Write a file."""
        id_key, name_key = self._switches.file_spelling.split(",")
        shown: Json = {
            id_key: record.id,
            name_key: record.name,
            "dossierTemplateId": dossier.template.id,
            "dossierId": dossier.id,
            "fileSize": record.size,
            "mimeType": record.media_type,
            "numberOfPages": 1,
            "processingStatus": record.status,
            "workflowStatus": record.workflow,
            "added": self.stamp(record.added),
            "lastUploaded": self.stamp(record.uploaded),
            "approvalDate": self.stamp(record.approved),
            "lastManualChangeDate": self.stamp(record.edited),
            "softDeletedTime": self.stamp(record.deleted),
            "fileAttributes": {"attributeIdToValue": {}},
            "errorCode": record.error_code,
        }
        if self._switches.progress_shown:
            shown |= {"numberOfAnalyses": record.analyses, "lastProcessed": self.stamp(record.processed)}
        return self._novel(shown)

    def components(self, dossier: Dossier, record: Record, *, detailed: bool) -> Json:
        """Write what was read from a file; nothing before its analysis is through."""
        through = record.status == "PROCESSED"
        found = record.components if through else {}
        # The order of keys is nobody's promise.
        names = sorted(found, reverse=bool(next(self._turn) % 2))
        shown: Json = {
            "fileId": record.id,
            "fileName": record.name,
            "dossierId": dossier.id,
            "dossierTemplateId": dossier.template.id,
            "components": {name: found[name] for name in names},
        }
        if detailed:
            told = sandbox_demo.details(found, record.id)
            shown["componentDetails"] = {name: {self._switches.detail_key: told[name]} for name in names}
        return self._novel(shown)

    def package(self, package: Package) -> Json:
        """Write a download package."""
        return self._novel(
            {
                self._switches.package_key: package.id,
                "status": package.status,
                "filename": f"{package.dossier.name}.zip",
                "mimeType": "application/zip",
                "creationDate": self.stamp(package.made),
                "dossierId": package.dossier.id,
                "fileIds": [package.file.id],
                "errorCause": "out of memory" if package.status == "FAILED" else None,
            }
        )

    def _novel(self, shown: Json) -> Json:
        return {**shown, "somethingNew": {"since": 2027}} if self._switches.novelties else shown
