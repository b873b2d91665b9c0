"""Serves the sandboxes of all providers: in this process for tests, or as a program of its own.

`python -m connectors.sandbox --documents 200` prints one line of JSON when everything is up: per provider its base
URL, the control plane and the credentials, by setting name in lower case. If a port cannot be had, the line is
`{"error": "…"}` and the exit code 2.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import pkgutil
import signal
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

import msgspec

import connectors
from connectors.sandbox_serve import PortError, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.sandbox_app import SandboxApp

__all__ = ["main", "providers", "serve"]


def providers() -> list[str]:
    """Name the providers that have a sandbox."""
    packages = (module.name for module in pkgutil.iter_modules(connectors.__path__) if module.ispkg)
    return [name for name in packages if find_spec(f"connectors.{name}.sandbox") is not None]


def build(name: str, *, documents: int, seed: int, latency: float) -> SandboxApp:
    """Build one provider's sandbox. Providers are found by name, so that none of them has to be known here."""
    make = cast("Callable[..., SandboxApp]", import_module(f"connectors.{name}.sandbox").sandbox)
    return make(documents=documents, seed=seed, latency=latency)


async def run(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT comes, or the process that started this one is gone."""
    parent = os.getppid()
    apps = {
        name: build(name, documents=options.documents, seed=options.seed, latency=options.latency_ms / 1000)
        for name in options.only or providers()
    }
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ports = {name: getattr(options, f"{name}_port") for name in apps}
    async with serve(apps, options.host, ports) as urls:
        ready = {
            name: {"base_url": url, "control": f"{url.rstrip('/')}/_sandbox/", **apps[name].credentials}
            for name, url in urls.items()
        }
        _say(ready)
        while not stop.is_set() and os.getppid() == parent:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=0.5)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox", description="Serve the providers' sandboxes.")
    parser.add_argument("--host", default="127.0.0.1")
    for name in providers():
        parser.add_argument(f"--{name}-port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--only", action="append", choices=providers(), help="serve this one (and others so named)")
    parser.add_argument("--documents", type=int, default=200, help="documents of the demo set")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same documents")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="every request takes at least this long")
    options = parser.parse_args(arguments)
    try:
        asyncio.run(run(options))
    except PortError as error:
        _say({"error": f"{error.strerror}; use --{error.owner}-port 0 for a free one"})
        sys.exit(2)


def _say(line: object) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
