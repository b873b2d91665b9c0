"""The language server, and a folder with a route's schema in it."""

import json
import os
import shutil

import pytest

from mappings.language.schema import Schema
from mappings.workbench.editor import End, route_schema
from tests.editor.language_server import PROGRAM, LanguageServer

REQUIRED = "DOCFERRY_EDITOR_TESTS"
"""Set to `required` where these tests must not be skipped."""
PARTY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 100, "description": "The party's name."},
        "role": {"type": "string", "x-extensible-enum": ["buyer", "supplier"], "description": "What it is there."},
    },
}
CONTRACT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["attributes"],
    "properties": {
        "attributes": {
            "type": "object",
            "required": ["title"],
            "properties": {
                "title": {"type": "string", "description": "What it is called."},
                "paid by: #1": {"type": "string", "description": "A name that an account has given."},
                "signed": {"type": "string", "format": "date", "description": "When it was signed."},
            },
        },
        "parties": {"type": "array", "items": PARTY, "description": "Who takes part."},
        "status": {"type": "string", "enum": ["review", "done"], "description": "Where it stands."},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
DOCUMENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "Its number."},
        "entities": {"type": "object", "properties": {"total": {"type": "number"}, "items": {"type": "array"}}},
    },
}
FEEDBACK = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"transfer": {"type": "boolean", "description": "Whether it has arrived."}},
}


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Start the server. Skips, or fails where that is not allowed, if it is not installed."""
    missing = "node" if shutil.which("node") is None else "" if PROGRAM.exists() else "yaml-language-server"
    if missing:
        told = f"{missing} is not installed; with Node.js there, make setup installs what these tests need"
        pytest.fail(told) if os.environ.get(REQUIRED) == "required" else pytest.skip(told)
    running = LanguageServer(tmp_path_factory.mktemp("workspace"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Make a folder for routes from a source to a destination of known schemas."""
    source = End("hypatos.documents", Schema(DOCUMENT), ("hypatos.documents",))
    destination = End("zefort.contracts", Schema(CONTRACT), ("zefort.contracts", "zefort.esigns"))
    path = tmp_path_factory.mktemp("routes")
    (path / "schemas").mkdir()
    schema = json.dumps(route_schema(source, destination, Schema(FEEDBACK)))
    (path / "schemas" / "route.schema.json").write_text(schema)
    return path
