"""Reads and checks what clients send to the Zefort sandbox: JSON, forms, attributes, texts and their lengths."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from connectors.sandbox_upload import BadFormError, FileTooLargeError, Form, Part
from connectors.zefort.sandbox_records import Contract, StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.sandbox_http import Call
    from connectors.zefort.sandbox import ZefortSandbox

FORM = "multipart/form-data"
SKIPPABLE = frozenset({"effective_date", "end_date", "main_language", "parties", "taggings", "signed_date", "title"})
STANDARD = {
    "title": "text", "effective_date": "date", "end_date": "date", "signed_date": "date", "main_language": "language",
}  # fmt: skip
LONGEST_TEXT = 1024
"""Characters of a text attribute. Not published: the length that names have is assumed."""
_LONGEST_FILE_NAME = 255


class Intake:
    """Every check answers for itself: what is wrong ends the request with the provider's words."""

    def __init__(self, app: ZefortSandbox) -> None:
        self.app = app

    def contract(self, contract_id: str, *, to_write: bool = True) -> Contract:
        """Return a contract; one in the trash cannot be written. Raises RefusedError (404)."""
        contract = self.app.store.contracts.get(contract_id)
        gone = contract is not None and contract.trashed and (to_write or self.app.switches.trashed_read == "404")
        if contract is None or gone:
            raise self.app.refused(404, "Not found.")
        return contract

    async def json(self, call: Call, known: Iterable[str]) -> dict[str, object]:
        """Read a JSON object of known fields. Raises RefusedError (415, 400)."""
        if call.media_type != "application/json":
            raise self.app.refused(415, f'Unsupported media type "{call.media_type}" in request.')
        body = await call.json()
        self.only(body, known)
        return body

    def only(self, given: Iterable[str], known: Iterable[str]) -> None:
        """Refuse fields that are not known, so that a misspelt one cannot go unnoticed."""
        if unknown := sorted(set(given) - set(known)):
            raise self.app.invalid(unknown[0], "This field cannot be written.")

    async def form(self, call: Call) -> tuple[dict[str, list[object]], Part | None]:
        """Read a form into its fields and the file part `blob`. Raises RefusedError (400, 413)."""
        switches = self.app.switches
        try:
            parts = await Form(call.header("content-type") or "", switches.keep_bytes, switches.largest_file).read(call)
        except BadFormError as error:
            raise self.app.refused(400, f"Multipart form parse error - {error}") from None
        except FileTooLargeError:
            raise self.app.refused(413, "The file is too large.") from None
        fields: dict[str, list[object]] = {}
        blob: Part | None = None
        for part in parts:
            if part.filename is not None and part.name == "blob" and blob is None:
                blob = part
            elif part.filename is not None:
                raise self.app.invalid(part.name, "A file was not expected here.")
            else:
                fields.setdefault(part.name, []).append(part.content.decode("utf-8", "replace"))
        if "blob" in fields:
            raise self.app.invalid("blob", "The submitted data was not a file. Check the encoding type on the form.")
        return fields, blob

    def stored(self, part: Part) -> StoredFile:
        """Make a file of an uploaded part. Raises RefusedError (400)."""
        store, name = self.app.store, part.filename or ""
        if not name or not part.size:
            raise self.app.invalid("blob", "The submitted file is empty, or has no name.")
        if len(name) > _LONGEST_FILE_NAME:
            raise self.app.invalid("blob", f"Ensure this filename has at most {_LONGEST_FILE_NAME} characters.")
        content = bytes(part.content) if part.size <= self.app.switches.keep_bytes else None
        moment = self.app.clock.now()
        is_pdf = part.start.startswith(b"%PDF-")
        return StoredFile(
            store.new_id("doc"), name, part.media_type, part.size, part.digest, moment, content, looks_like_pdf=is_pdf
        )

    def attributes(self, value: object) -> dict[str, object]:
        """Check attributes one by one. Raises RefusedError (400)."""
        if not isinstance(value, dict):
            raise self.app.invalid("attributes", "Expected a dictionary of items.")
        kinds = {**STANDARD, **self.app.switches.custom_attributes}
        checked: dict[str, object] = {}
        for name, given in cast("dict[str, object]", value).items():
            problem = attribute_problem(kinds[name], given) if name in kinds else "There is no such attribute."
            if problem is not None:
                raise self.app.invalid("attributes", f"{name}: {problem}")
            trims = isinstance(given, str) and self.app.switches.trims_text
            checked[name] = given.strip() if trims and isinstance(given, str) else given
        return checked

    def text(self, value: object, field: str, longest: int) -> str:
        """Check a text. Raises RefusedError (400)."""
        if not isinstance(value, str):
            raise self.app.invalid(field, "Not a valid string.")
        text = value.strip() if self.app.switches.trims_text else value
        if len(text) > longest:
            raise self.app.invalid(field, f"Ensure this field has no more than {longest} characters.")
        return text

    def texts(self, value: object, field: str) -> list[str]:
        """Check a list of texts. Raises RefusedError (400)."""
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.app.invalid(field, "Expected a list of items.")
        return value

    def skip(self, value: object) -> list[str]:
        """Check what the AI is to leave alone. Raises RefusedError (400)."""
        names = self.texts(value, "docai_skip")
        for name in names:
            if name not in SKIPPABLE:
                raise self.app.invalid("docai_skip", f'"{name}" is not a valid choice.')
        return names


def attribute_problem(kind: str, value: object) -> str | None:
    """Say what is wrong with an attribute value, None if nothing is. null empties any attribute."""
    if value is None:
        return None
    kind, _, choices = kind.partition(":")
    fits, problem = {
        "date": (_is_date, "Date has wrong format. Use YYYY-MM-DD."),
        "number": (_is_number, "A valid number is required."),
        "boolean": (lambda given: isinstance(given, bool), "Must be a valid boolean."),
        "choice": (lambda given: given in choices.split(","), "This is not a valid choice."),
        "language": (_is_language, "Use a two-letter language code."),
        "text": (_is_text, f"Ensure this is a text of no more than {LONGEST_TEXT} characters."),
    }[kind]
    return None if fits(value) else problem


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_language(value: object) -> bool:
    return isinstance(value, str) and len(value) == len("en") and value.islower()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT
