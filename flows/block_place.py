"""Reads the Prefect block of a connection's name over Prefect's REST API, as a place that settings may be in.

Without Prefect's own client: loading it takes seconds, and a run that is not Prefect's has no other use for it.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import ssl
from typing import TYPE_CHECKING

import httpx
from pydantic import SecretStr

from connectors.places import Place
from connectors.secrets import hide
from connectors.settings import SettingsError

if TYPE_CHECKING:
    from connectors.settings import ConnectionSettings

log = logging.getLogger("docferry")

PROVIDERS = ("contractfit", "documine", "hypatos", "zefort")
"""Those that there are block types for, in `flows.orchestration.blocks`."""
API_URL = "PREFECT_API_URL"
_PATIENCE = 3.0
"""Seconds that Prefect's server may take: what it has is one of several places."""

_BUSY = (429, 502, 503, 504)
"""What a server answers that has too much to do; Prefect's on SQLite says 503 when its database is locked."""
_PAUSES = (0.5, 1.0, 2.0)
"""Seconds until it is asked again, each time."""


def block_name(provider: str, connection: str) -> str:
    """Return how Prefect calls the block of a connection, `type/name`; its names have small letters, digits and dashes."""
    return f"{provider}-credentials/{connection.lower().replace('_', '-')}"


async def block_place(provider: str, connection: str, settings: type[ConnectionSettings]) -> Place | None:
    """Ask Prefect's server for the block of a connection, None if its provider has no block type.

    Nothing is asked unless PREFECT_API_URL is set, as it is in every process that Prefect starts. A server that does not
    answer has no block: its name says why, and so does the log. What equals a default of the settings is left out, since
    forms fill those in.
    """
    if provider not in PROVIDERS:
        return None
    url = os.environ.get(API_URL, "").rstrip("/")
    name = f"Prefect block {block_name(provider, connection)}"
    if not url:
        return Place(f"no Prefect block: {API_URL} is not set", {}, guarded=False)
    try:
        answer = await _ask(url, block_name(provider, connection), _login())
        found = answer.json().get("data", {}) if answer.status_code == httpx.codes.OK else {}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        log.warning("%s could not be looked up: %s gives no answer (%s)", name, url, type(error).__name__)
        return Place(f"{name} ({url} gives no answer)", {}, guarded=False)
    if answer.status_code == httpx.codes.NOT_FOUND:
        return Place(f"{name} (no such block)", {}, guarded=False)
    if answer.status_code != httpx.codes.OK:
        log.warning("%s could not be looked up: %s answers %d", name, url, answer.status_code)
        return Place(f"{name} ({url} answers {answer.status_code})", {}, guarded=False)
    defaults = {key: str(field.default) for key, field in settings.model_fields.items()}
    texts = {key: str(value).strip() for key, value in found.items() if isinstance(value, str | int | float)}
    values = {key: SecretStr(text) for key, text in texts.items() if text and text != defaults.get(key)}
    return Place(name, values, guarded=False)


async def anybody_reads(provider: str, connection: str) -> bool:
    """Tell whether Prefect's server gives the secrets of this block to whoever asks, without any login."""
    url = os.environ.get(API_URL, "").rstrip("/")
    try:
        return (await _ask(url, block_name(provider, connection), {})).status_code == httpx.codes.OK
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return False


async def _ask(url: str, block: str, headers: dict[str, str]) -> httpx.Response:
    slug, _, name = block.partition("/")
    address = f"{url}/block_types/slug/{slug}/block_documents/name/{name}"
    async with httpx.AsyncClient(timeout=_PATIENCE, verify=_trust(), headers=headers) as client:
        for pause in _PAUSES:
            answer = await client.get(address, params={"include_secrets": "true"})
            if answer.status_code not in _BUSY:
                return answer
            await asyncio.sleep(pause)
        return await client.get(address, params={"include_secrets": "true"})


def _login() -> dict[str, str]:
    """Return what logs in at Prefect's server, by the settings of Prefect's own client."""
    pair, key = os.environ.get("PREFECT_API_AUTH_STRING", ""), os.environ.get("PREFECT_API_KEY", "")
    if pair:
        hide(pair)
        return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    hide(key)
    return {"authorization": f"Bearer {key}"} if key else {}


def _trust() -> ssl.SSLContext | bool:
    file = os.environ.get("PREFECT_API_SSL_CERT_FILE")
    try:
        return ssl.create_default_context(cafile=file) if file else True
    except OSError as error:
        raise SettingsError(f"PREFECT_API_SSL_CERT_FILE: {file} cannot be read ({error.strerror})") from None
