"""Translates what can go wrong on the wire, and every status that is no success, into the error tree."""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urljoin, urlsplit

import aiohttp
import httpx

from connectors.answer import decode_json
from connectors.errors import (
    AccessError,
    ConnectorError,
    GoneError,
    NoSuchCallError,
    RejectedError,
    TransientError,
)
from connectors.quota import LONGEST_WAIT
from connectors.secrets import mask
from connectors.settings import variable
from connectors.straight import UnsentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.errors import Arrived

NETWORK: Final = (httpx.HTTPError, aiohttp.ClientError, OSError)
"""What a transport raises when the network fails."""
_LONGEST: Final = 300
_LATER: Final = frozenset({408, 425})
_GONE: Final = frozenset({404, 410})
_NOT_OFFERED: Final = frozenset({405, 501})
_CLOSED: Final = frozenset({401, 403, 407})
"""Who asks may not, and that says nothing about a document: with 407 it is the proxy on the way that refuses."""


def refusal(
    connection: str, asked: str, url: str, path: str, status: int, headers: Mapping[str, str], body: bytes
) -> ConnectorError:
    """Return the error for an answer that is not 2xx. `asked` is "connection: METHOD path".

    It may have come before the body had left: servers answer as soon as they know enough, and read the rest or close
    (RFC 9112, 9.3 and 9.6). The rest is not sent then, and the answer means what it means at any other time:

    - 4xx says that nothing was done, which is certain here: the call has not even been there as a whole. So nobody looks
      for it, and no document is doubled by sending it again.
    - 413, 415, 405 and 404 are judged by the head alone, a 400 or 422 by what has come so far: a verdict on this document.
      Some say 400 where the body came too slowly (S3: RequestTimeout) and 408 would be right. That cannot be told apart,
      and it loses nothing: what the destination refuses is tried again unaided an hour later.
    - 401, 403 and 407 are about who asks, 429 about when. 408 and 5xx leave open what became of the call, as ever.

    A server that closes without reading on may destroy its own answer on the way. Then the connection broke, and what became
    of the call is looked up. A success that comes early is believed no more than that (`connectors.transport`).
    """
    text = f"{asked} answered {status}"
    if status < 200:  # noqa: PLR2004 -- below the success range of RFC 9110 nothing is a final answer
        return TransientError(f"{text}, which is no answer", connection=connection, status=status, arrived="maybe")
    if status < 400:  # noqa: PLR2004 -- the redirect range of RFC 9110
        return ConnectorError(text + _advice(connection, url, path, headers), connection=connection, status=status)
    if reason := _reason(body):
        text += f": {reason}"
    if status == 429:  # noqa: PLR2004 -- too many requests, RFC 6585
        wish = retry_after(headers, "x-ratelimit-reset")
        return TransientError(text, connection=connection, status=status, arrived="no", retry_after=wish)
    if (status >= 500 and status not in _NOT_OFFERED) or status in _LATER:  # noqa: PLR2004 -- server errors
        wish = retry_after(headers)
        return TransientError(text, connection=connection, status=status, arrived="maybe", retry_after=wish)
    if status in _CLOSED:
        return AccessError(text, connection=connection, status=status)
    kind = GoneError if status in _GONE else NoSuchCallError if status in _NOT_OFFERED else RejectedError
    return kind(text, connection=connection, status=status)


def retry_after(headers: Mapping[str, str], *others: str) -> float | None:
    """Return how many seconds the provider asks to wait: `Retry-After` (seconds or a date), else one of the others."""
    for name in ("retry-after", *others):
        text = headers.get(name, "").strip()
        if re.fullmatch(r"\d{1,12}(\.\d+)?", text):
            return min(float(text), LONGEST_WAIT)
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max((moment - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_WAIT)
    return None


def network_fault(connection: str, asked: str, url: str, error: BaseException) -> ConnectorError:
    """Return the error for a network fault; `arrived` is "no" only if the connection was never made.

    Where nothing was reached it names the host, the port and the setting that they come from.
    """
    # The transport names some faults after a failed connection that came long after it, so its cause decides.
    fault = error.__cause__ if isinstance(error.__cause__, aiohttp.ClientError) else error
    if _is_certificate(fault):
        text = f"{asked}: the certificate of {_server(connection, url)} is not trusted"
        return ConnectorError(text, connection=connection)
    words, arrived = _words(fault)
    if arrived == "no":
        words += _server(connection, url)
    return TransientError(f"{asked}: {words}", connection=connection, arrived=arrived)


def _words(fault: BaseException) -> tuple[str, Arrived]:  # noqa: PLR0911 -- one line per kind of fault
    match fault:
        case aiohttp.ClientConnectorDNSError():
            # with a proxy it is the proxy's name that could not be
            return f"the name {fault.host} cannot be resolved, on the way to ", "no"
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError() | httpx.ProxyError():
            return "the proxy cannot be used on the way to ", "no"
        case aiohttp.ClientConnectorError() | httpx.ConnectError():
            return "cannot connect to ", "no"
        case UnsentError():
            return "something came before the request had left on a connection to ", "no"
        case aiohttp.ConnectionTimeoutError() | httpx.ConnectTimeout() | httpx.PoolTimeout():
            return "no connection in time to ", "no"
        case TimeoutError() | httpx.TimeoutException():
            return "no answer in time", "maybe"
        case httpx.RemoteProtocolError():
            return "a success came before the request had left", "maybe"
        case aiohttp.ClientPayloadError():
            return "the answer was cut off", "maybe"
        case aiohttp.ClientResponseError() | httpx.DecodingError():
            return "the answer is garbled", "maybe"
        case _:
            return "the connection broke", "maybe"


def _server(connection: str, url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{port} (setting {variable(connection, 'base_url')})"


def _is_certificate(fault: BaseException) -> bool:
    causes = (fault, fault.__cause__, fault.__context__)
    return any(
        isinstance(cause, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError) for cause in causes
    )


def _advice(connection: str, url: str, path: str, headers: Mapping[str, str]) -> str:
    """Say where a redirect points, and which setting to change if it could be the provider at another address."""
    location = headers.get("location")
    if not location:
        return ""
    try:
        parts = urlsplit(urljoin(url, location))
        host, port = parts.hostname, f":{parts.port}" if parts.port else ""
    except ValueError:
        return " and points to an address that cannot be read"
    if parts.scheme not in {"http", "https"} or not host:
        return f" and points to {_one_line(f'{parts.scheme}:{parts.path}')}, which is no server"
    server = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
    target = _one_line(f"{server}{parts.path}")
    setting = variable(connection, "base_url")
    if path.strip("/") and target.endswith(path):
        return f" and points to {target}; if that is right, set {setting} to {target.removesuffix(path)}"
    if host == urlsplit(url).hostname:
        return f" and points to {target}; redirects are not followed, set {setting} to the final address"
    return f" and points to {target}; redirects are not followed: only if that is the provider's, set {setting} to its final address"


def _reason(body: bytes) -> str:
    """Return what the provider says is wrong, in one line of at most 300 characters, empty if it does not say."""
    try:
        parts = dict.fromkeys(_sentences(decode_json(body)))
    except ValueError:
        return ""
    return _one_line("; ".join(parts))


def _one_line(said: str) -> str:
    text = mask(" ".join(said.split()))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _sentences(value: object) -> Iterator[str]:
    """Yield the texts meant for people. Other members may echo the payload, so they are not looked at."""
    if isinstance(value, list):
        for item in value:
            yield from _sentences(item)
    if not isinstance(value, dict):
        return
    members = cast("dict[str, object]", value)
    for name in ("title", "detail", "message", "error", "error_description", "errors", "msg"):
        said = members.get(name)
        if isinstance(said, str):
            place = members.get("loc") if name == "msg" else None
            yield f"{'.'.join(map(str, place))}: {said}" if isinstance(place, list) else said
        else:
            yield from _sentences(said)
    for name, said in members.items():  # {"field": ["what is wrong with it"]}
        if isinstance(said, list) and said and name != "loc":
            texts = [text for text in cast("list[object]", said) if isinstance(text, str)]
            if len(texts) == len(said):
                yield f"{name}: {' '.join(texts)}"
