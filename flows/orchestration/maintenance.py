"""The flows beside the sync: old history goes, keys are rotated, certificates are watched, and everything is read anew."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from prefect import flow
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State  # noqa: TC002 -- Prefect reads the annotation
from prefect.states import Cancelled, Completed, Failed
from pydantic import Field

from connectors.secrets import mask
from connectors.settings import SettingsError
from flows.certificates import look, servers_of
from flows.orchestration.page_logs import logged_on_page
from flows.orchestration.sweeping import sweep_all
from flows.running import care_of, open_ledger
from flows.settings import load_gateway
from flows.stopping import StoppedError, until_stopped
from state.errors import StateError

if TYPE_CHECKING:
    from state.pruning import Pruned

_FAILURES = (SettingsError, StateError)


@flow(name="retention", flow_run_name="retention-{older_than_days}d", persist_result=False)
async def retention(
    older_than_days: Annotated[int, Field(ge=1, le=36500)] = 90,
    dry_run: bool = False,
) -> State[object]:
    """Drop old history from the ledger, as `docferry state prune` does. What guards against doubles stays for ever.

    Args:
        older_than_days: How old events, messages and runs must be to go, in days.
        dry_run: Only say what would go.

    """
    before = datetime.now(UTC) - timedelta(days=older_than_days)
    done: Pruned | None = None
    try:
        async for so_far in care_of(load_gateway()).prune(before=before, route=None, dry_run=dry_run):
            done = so_far
    except _FAILURES as error:
        return Failed(message=mask(str(error)))
    if done is None:
        return Completed(message="The ledger has no documents yet")
    would = "would go" if dry_run else "dropped"
    return Completed(
        message=f"{would}: {done.events} events, {done.messages} messages, {done.runs} runs "
        f"from before {before:%Y-%m-%d}, of {done.documents} documents",
        data=dataclasses.asdict(done),
    )


@flow(name="key-rotation", flow_run_name="key-rotation", persist_result=False)
async def key_rotation() -> State[object]:
    """Encrypt everything in the ledger with the first of DOCFERRY_KEYS, and say whether the others are still needed."""
    gateway = load_gateway()
    keys = [key for key in gateway.keys.get_secret_value().split(",") if key.strip()]
    if not keys:
        return Completed(name="Skipped", message="DOCFERRY_KEYS is not set, so nothing is encrypted with it")
    try:
        done = await care_of(gateway).reseal()
    except _FAILURES as error:
        return Failed(message=mask(str(error)))
    anew = f"{done.documents} recorded documents and {done.secrets} logins and credentials were encrypted anew"
    if done.left:
        more = "the keys behind the first one are still needed; run this again once every worker has the same DOCFERRY_KEYS"
        return Failed(message=f"{anew}; {done.left} are left that the first key does not open: {more}")
    if len(keys) == 1:
        return Completed(message=f"{anew}; all is encrypted with the only key")
    last = (
        "the keys behind the first one may go, once every worker has the new one; older backups and exports need them"
    )
    return Completed(message=f"{anew}; all is encrypted with the first key: {last}")


@flow(name="certificates", flow_run_name="certificates", persist_result=False)
async def certificates(at_least_days: Annotated[int, Field(ge=0, le=3650)] = 21) -> State[object]:
    """Look at the TLS certificates of all servers that connections speak to; fail if one ends soon.

    Args:
        at_least_days: How many days each certificate has to last.

    """
    try:
        gateway = load_gateway()
        async with open_ledger(gateway) as ledger:
            servers, problems = await servers_of(gateway, ledger)
    except _FAILURES as error:
        return Failed(message=mask(str(error)))
    found = sorted(await look(servers, least=at_least_days), key=lambda one: (one.good, one.days or 0))
    rows = [
        {"server": one.server, "used by": ", ".join(one.connections), "days left": one.days, "": one.says}
        for one in found
    ]
    rows += [{"server": "", "used by": "", "days left": None, "": mask(problem)} for problem in problems]
    if rows:
        await acreate_table_artifact(
            key="certificates", table=rows, description="TLS certificates, the first to end first"
        )
    bad = [f"{one.server} ({', '.join(one.connections)}): {one.says}" for one in found if not one.good]
    if bad or problems:
        return Failed(message=mask("; ".join([*bad, *problems])))
    if not found:
        return Completed(message="No connection is set that speaks to a server")
    return Completed(message="; ".join(f"{one.server}: {one.says}" for one in found))


@flow(name="sweep", flow_run_name="sweep", persist_result=False)
async def sweep() -> State[object]:
    """Read everything anew on every route whose accounts are set, one route after the other."""
    try:
        with logged_on_page():
            swept = await until_stopped(lambda stop: sweep_all(load_gateway(), stop))
    except StoppedError as error:
        return Cancelled(message=str(error))
    except _FAILURES as error:
        return Failed(message=mask(str(error)))
    words = "; ".join(f"{one.route}: {one.says}" for one in swept) or "There are no routes whose accounts are set"
    if any(one.interrupted for one in swept):
        return Cancelled(
            message=f"Asked to stop; what was under way was finished, the rest is swept the next time. {words}"
        )
    if any(one.failed for one in swept):
        return Failed(message=words)
    open_ends = any(one.open_ends for one in swept)
    return Completed(name="NeedsAttention" if open_ends else "Completed", message=words)
