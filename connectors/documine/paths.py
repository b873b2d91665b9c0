"""Every path, parameter, field and status name of DocuMine in one table: most were inferred, so a setting can correct each.

Read in the provider's own papers: TEMPLATES, the template's fields, `dossierTemplates`, and `create-download`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import msgspec

from connectors.urls import SettingsError

TEMPLATES = "/api/dossier-templates"
_TEMPLATE = TEMPLATES + "/{template}"
_DOSSIER = _TEMPLATE + "/dossiers/{dossier}"
_FILE = _DOSSIER + "/files/{file}"

Alternatives = tuple[str, ...]
"""Names that are tried in this order; the first one that is there counts."""


@dataclass(frozen=True, slots=True)
class Names:
    """The table. Paths may use {template}, {dossier}, {file} and {package}; an empty parameter name is not sent."""

    # Paths
    templates: str = TEMPLATES
    dossiers: str = _TEMPLATE + "/dossiers"
    files: str = _DOSSIER + "/files"
    upload: str = _DOSSIER + "/files"
    file: str = _FILE
    original: str = _FILE + "/download"
    components: str = _FILE + "/components"
    create_package: str = _FILE + "/create-download"
    packages: str = "/api/downloads"
    package: str = "/api/downloads/{package}"
    package_content: str = "/api/downloads/{package}/download"
    licence: str = "/api/license/active/usage"

    # Query parameters and the upload's form field
    include_archived: str = "includeArchived"
    include_active: str = "includeActive"
    include_deleted: str = "includeDeleted"
    include_details: str = "includeDetails"
    keep_edits: str = "keepManualRedactions"
    upload_part: str = "file"

    # The arrays that lists come in
    template_list: Alternatives = ("dossierTemplates",)
    dossier_list: Alternatives = ("dossiers",)
    file_list: Alternatives = ("files",)
    package_list: Alternatives = ("downloads", "downloadStatus")

    # Fields of templates and dossiers
    template_id: Alternatives = ("id", "dossierTemplateId")
    template_status: Alternatives = ("status", "dossierTemplateStatus")
    valid_from: Alternatives = ("validFrom",)
    valid_to: Alternatives = ("validTo",)
    dossier_id: Alternatives = ("id", "dossierId")
    name: Alternatives = ("name", "dossierName", "dossierTemplateName")
    archived_at: Alternatives = ("archivedTime",)
    deleted_at: Alternatives = ("softDeletedTime", "hardDeletedTime")

    # Fields of files
    file_id: Alternatives = ("id", "fileId")
    file_name: Alternatives = ("fileName", "filename", "name")
    file_size: Alternatives = ("fileSize",)
    file_type: Alternatives = ("mimeType", "fileType")
    processing: Alternatives = ("processingStatus",)
    workflow: Alternatives = ("workflowStatus",)
    processed_at: Alternatives = ("lastProcessed",)
    analyses: Alternatives = ("numberOfAnalyses",)
    uploaded_at: Alternatives = ("lastUploaded",)
    touched: Alternatives = ("lastManualChangeDate", "lastUpdated", "approvalDate")
    error_code: Alternatives = ("errorCode",)
    uploaded_ids: Alternatives = ("fileIds", "processedFileIds", "fileId", "id")

    # Components
    component_file: Alternatives = ("fileId",)
    component_map: Alternatives = ("components",)
    component_details: Alternatives = ("componentDetails",)
    component_values: Alternatives = ("values", "componentValues")

    # Packages
    package_types: str = "downloadFileTypes"
    package_reports: str = "reportTemplateIds"
    original_type: str = "ORIGINAL"
    package_id: Alternatives = ("storageId", "id", "downloadId")
    package_status: Alternatives = ("status",)
    package_files: Alternatives = ("fileIds",)
    package_made_at: Alternatives = ("creationDate",)

    # Statuses
    active: Alternatives = ("ACTIVE",)
    processed: Alternatives = ("PROCESSED",)
    failed: Alternatives = ("ERROR",)
    deleted: Alternatives = ("DELETED",)
    approved: Alternatives = ("APPROVED",)
    package_ready: Alternatives = ("READY",)
    package_failed: Alternatives = ("FAILED",)

    @classmethod
    def load(cls, text: str) -> Names:
        """Read corrections: JSON text, or the name of a file that holds it; empty for none. Raises SettingsError."""
        if not text.strip():
            return cls()
        try:
            body = text if text.lstrip().startswith("{") else Path(text.strip()).read_text(encoding="utf-8")
            given = msgspec.json.decode(body)
        except OSError as error:
            raise SettingsError(f"the table of names cannot be read from {text.strip()}: {error.strerror}") from None
        except ValueError as error:
            raise SettingsError(f"the table of names is not JSON: {error}") from None
        known = {field.name for field in fields(cls)}
        if not isinstance(given, dict) or set(given) - known:
            wrong = ", ".join(sorted(set(given) - known)) if isinstance(given, dict) else "no JSON object"
            raise SettingsError(f"the table of names has no place for {wrong}; it has {', '.join(sorted(known))}")
        one_or_more = {
            name: [value] if isinstance(value, str) and isinstance(getattr(_DEFAULT, name), tuple) else value
            for name, value in given.items()
        }
        try:
            return msgspec.convert(one_or_more, cls)
        except msgspec.ValidationError as error:
            raise SettingsError(f"the table of names is wrong: {error}") from None


_DEFAULT = Names()
