"""The group of all commands. A module is loaded when its command is called: nobody waits for what the others need."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODULES: Mapping[str, str] = {
    "demo": "run_commands",
    "init": "init_command",
    "up": "up_command",
    "run": "run_commands",
    "status": "route_commands",
    "explain": "explain_command",
    "retry": "route_commands",
    "check": "route_commands",
    "watch": "watch_commands",
    "metrics": "metrics_command",
    "sandbox": "provider_commands",
    "map": "map_commands",
    "learn": "learn",
    "connect": "provider_commands",
    "credentials": "credentials_commands",
    "state": "state_commands",
    "certify": "provider_commands",
    "new-connector": "provider_commands",
}
"""Every command in the order of the help, and the module of `flows` whose `app` has it."""


class CommandGroup(TyperGroup):
    """Finds commands by name in their modules."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 -- whatever Typer gives its groups
        super().__init__(**options)
        self.commands: dict[str, Any] = dict.fromkeys(_MODULES)  # Typer looks here for names near a misspelt one

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 -- Typer's own copy of click has no public types
        """Load a command; None if there is none of that name."""
        if cmd_name not in _MODULES:
            return None
        group = typer.main.get_group(import_module(f"flows.{_MODULES[cmd_name]}").app)
        return group if group.name == cmd_name else group.get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 -- see get_command
        """Return the names of all commands."""
        return list(_MODULES)
