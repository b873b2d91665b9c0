"""The `docferry` command: run a route, ask where a document is and why, try it all out against sandboxes."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from connectors.errors import ConnectorError
from connectors.secrets import mask
from connectors.settings import SettingsError
from flows import output, streams
from flows.command_group import CommandGroup
from flows.log_output import LogFormat, start_logging
from flows.stopping import StoppedError
from flows.streams import OutputError
from mappings.language import RouteError
from state.errors import SettingError, StateError

app = typer.Typer(
    name="docferry",
    cls=CommandGroup,
    help="Carries documents between providers on a schedule and tells the source what became of each.",
    epilog="Exit codes: 0 all accounted for · 1 finished, but some documents were rejected, failed, withdrawn or are owed · "
    "2 wrong usage or settings · 3 stopped (access, provider or state) · 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    rich_markup_mode="rich",
)
USAGE, STOPPED, INTERRUPTED = 2, 3, 130
_AT_ONCE = "stopped at once; nothing is lost, the next run goes on from here"


def _version(asked: bool) -> None:
    if asked:
        from importlib import metadata  # noqa: PLC0415 -- takes longer to load than all of this file

        sys.stdout.write(f"docferry {metadata.version('docferry')}\n")
        raise typer.Exit


@app.callback()
def _options(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more, to stderr.")] = False,
    log_format: Annotated[
        LogFormat, typer.Option(help="Log lines for people, or each as one JSON object for programs.")
    ] = LogFormat.TEXT,
    _asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    start_logging(verbose=verbose, form=log_format)


def main() -> None:
    """Run the command; every foreseeable error becomes one sentence and an exit code. Always raises SystemExit."""
    sys.argv[1:] = streams.words(sys.argv[1:])
    output.begin()
    if sys.stdout is None and "--json" in sys.argv:
        output.complain("stdout is closed, and --json prints there; nothing was done")
        sys.exit(STOPPED)
    try:
        code = _ended()
        if sys.stdout is not None:
            sys.stdout.flush()
    except OutputError as error:
        output.complain(f"the output cannot be written ({error.strerror})")
        code = STOPPED
    sys.exit(code)


def _ended() -> int:
    """Run the command and return its exit code."""
    try:
        app()
    except SystemExit as ended:
        return _code(ended)
    except (SettingsError, RouteError, SettingError) as error:
        return _say(str(error), USAGE)
    except (ConnectorError, StateError) as error:
        return _say(str(error), STOPPED)
    except (asyncio.CancelledError, KeyboardInterrupt, StoppedError):
        return _say(_AT_ONCE, INTERRUPTED)
    except OutputError:
        raise
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _say(f"{error.strerror or type(error).__name__}{where}", STOPPED)
    return 0


def _code(ended: SystemExit) -> int:
    # Typer only leaves the number of what has happened, and hides it altogether where a question was asked.
    before = ended.__context__
    why = before and (before.__cause__ or before.__context__)
    if isinstance(why, KeyboardInterrupt):
        return _say(_AT_ONCE, INTERRUPTED)
    if isinstance(why, EOFError):
        return _say("a question was not answered; nothing was changed", USAGE)
    code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    if code == USAGE and "--json" in sys.argv and not output.json_printed():
        output.print_json({"error": "the command was called wrongly; see stderr", "exit_code": USAGE})
    return code


def _say(message: str, code: int) -> int:
    """Tell why the command ended, in the form that was asked for, and return the code."""
    if "--json" in sys.argv and not output.json_printed():
        output.print_json({"error": mask(message), "exit_code": code})
    output.complain(message)
    return code


if __name__ == "__main__":
    main()
