"""The flows beside a route's run: explain, retry, map_diff and check, so that no shell is needed for daily work.

Each leaves a Markdown artifact with its answer, and none shows a document's value: Prefect's page is not behind the state's key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.objects import State  # noqa: TC002 -- Prefect reads the annotation
from prefect.states import Completed, Failed
from pydantic import Field, StringConstraints

from connectors.errors import ConnectorError
from connectors.secrets import mask
from connectors.settings import SettingsError
from flows import answers, checks
from flows.explaining import explain as account_of
from flows.making_due import make_due
from flows.map_diff import DEPLOYED, compare
from flows.on_paper import search
from flows.orchestration.forms import DocumentId  # noqa: TC001 -- Prefect reads the annotation
from flows.orchestration.page_logs import logged_on_page
from flows.orchestration.route_choice import RouteChoice  # noqa: TC001 -- Prefect reads the annotation
from flows.routes import route_names
from flows.running import open_ledger
from flows.selection import LONGEST_REASON
from flows.settings import load_gateway
from mappings.language import RouteError
from state.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_OURS = (SettingsError, RouteError, StateError, ConnectorError)
_MOST = 3
"""Up to so many documents that show what was looked for are explained; of more there is a list."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Reason = Annotated[str, Field(max_length=LONGEST_REASON)]


@flow(name="explain", flow_run_name="explain", persist_result=False)
async def explain(document: Text) -> State[object]:
    """Say where a document is and why: its timeline, the ids on both sides, and the rule behind every field.

    Args:
        document: The document's id at the source, its id at the destination, or its key; or what stands on it, such as an
            invoice's number, where documents are recorded. Values are shown by the command line only: docferry explain.

    """

    async def work() -> State[object]:
        async with open_ledger(load_gateway()) as ledger:
            known = list(await ledger.find(document))
            shown: list[str] = []
            if not known:
                looked = await search(ledger, document)
                shown = [f"- {answers.named(one.document_id, one.route)}, in {one.path}" for one in looked.found]
                for one in looked.found if len(looked.found) <= _MOST else ():
                    known += (await ledger.lookup(one.route, [one.document_id])).values()
            lines = [line for one in known for line in answers.account(await account_of(ledger, one))]
        await _leave("explain", [*shown, "", *lines] if shown else lines, "Where a document is, and why")
        if not known and not shown:
            return Failed(message="Nothing is known about it. Ids are compared exactly; try the id on the other side.")
        return Completed(message=f"{len(known) or len(shown)} found; see the artifact")

    return await _answered(work)


@flow(name="retry", flow_run_name="retry {route}", persist_result=False)
async def retry(
    route: RouteChoice,
    documents: Annotated[list[DocumentId], Field(max_length=1000)] | None = None,
    reason: Reason | None = None,
) -> State[object]:
    """Make documents due again; the next run takes them, and what is already at the destination is updated.

    Args:
        route: Which route.
        documents: Ids at the source. Leave it empty for all that are rejected or failed.
        reason: Why. It is kept in the documents' timelines; do not write secrets or documents' contents.

    """

    async def work() -> State[object]:
        made = await make_due(load_gateway(), route.value, documents or (), reason)
        words = f"{made.count} due again"
        words += f", {made.messages} messages to the source" if made.messages else ""
        words += f", {len(made.waiting)} were due anyway" if made.waiting else ""
        if made.unknown:
            return Failed(message=f"{words}; not known on this route: {', '.join(made.unknown)}")
        return Completed(message=f"{words}; the next run of {route.value} takes them")

    return await _answered(work)


@flow(name="map_diff", flow_run_name="map diff {route}", persist_result=False)
async def map_diff(
    route: RouteChoice,
    last: Annotated[int, Field(ge=1, le=100_000)] = 1000,
    most: Annotated[float, Field(ge=0, le=100)] | None = None,
) -> State[object]:
    """Show what the mapping as it is now does to recorded documents, beside the one that the last run used.

    Args:
        route: Which route.
        last: How many recorded documents, the latest first.
        most: Fail if more percent of the documents than this come out otherwise. Leave it empty to only look.

    """

    async def work() -> State[object]:
        found = await compare(load_gateway(), route.value, DEPLOYED, last, values=False)
        await _leave(
            f"map-diff-{route.value}", answers.difference(found), f"What the edited mapping of {route.value} changes"
        )
        blast = found.blast
        words = f"{blast.otherwise} of {blast.documents} documents come out otherwise"
        over = most is not None and 100 * blast.otherwise > most * blast.documents
        return Failed(message=f"{words}, more than {most} %") if over else Completed(message=words)

    return await _answered(work)


@flow(name="check", flow_run_name="check", persist_result=False)
async def check(route: RouteChoice | None = None) -> State[object]:
    """Say whether settings are complete, credentials work, the state opens and the routes load.

    Args:
        route: Only what this route needs. Leave it empty for all routes.

    """

    async def work() -> State[object]:
        gateway = load_gateway()
        routes = [route.value] if route else route_names(gateway.mappings)
        found = await checks.check(gateway, routes, all_of_them=route is None)
        await _leave("check", answers.findings(found), "Settings, credentials, state and routes")
        wrong = [item for item in found if not item.ok]
        if wrong:
            return Failed(
                message=f"{len(wrong)} of {len(found)} things are wrong, first {wrong[0].what}: {wrong[0].says}"
            )
        return Completed(message=f"all {len(found)} things are in order")

    return await _answered(work)


async def _answered(work: Callable[[], Awaitable[State[object]]]) -> State[object]:
    """Do the work with our log lines on the page; what a person can correct becomes the run's message."""
    with logged_on_page():
        try:
            return await work()
        except _OURS as error:
            return Failed(message=mask(str(error)))


async def _leave(key: str, lines: Sequence[str], description: str) -> None:
    if lines:
        await acreate_markdown_artifact(
            key=key.replace("_", "-").lower(), markdown="\n".join(lines), description=description
        )
