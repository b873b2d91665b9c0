"""The documents of all sandboxes fit what their sources publish, and what the shipped routes make of them fits its destination."""

from pathlib import Path

import pytest

import mappings
from connectors.registry import providers
from connectors.sandbox import build, serve
from connectors.schemas import destination_schema, source_schema
from mappings.language import MappingError, Schema, load_route

FOLDER = Path(mappings.__file__).parent
ROUTES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
BROKEN = {"attributes.title", "parties[0].name", "title", "name"}
"""What the sample data leaves empty on purpose."""


async def documents(provider, stream):
    """Read the first 80 documents of a sandbox's demo set."""
    app = build(provider, documents=80, seed=7, latency=0.0)
    if provider == "zefort":
        app.act({"fill": 40})  # its sandbox begins empty
    async with serve({provider: app}) as urls:
        module = providers()[provider]
        settings = module.Settings(base_url=urls[provider], **app.credentials)
        connection = await module.connect(provider, settings)
        try:
            source, ids = connection.sources[stream], []
            async for page in source.changes(None):
                ids += [change.document_id for change in page.changes]
            return [await source.fetch(document_id) for document_id in ids[:80]]
        finally:
            await connection.close()


@pytest.mark.parametrize("route", ROUTES)
async def test_samples_fit_the_source_and_what_a_shipped_route_makes_of_them_fits_the_destination(route):
    loaded = load_route(FOLDER / f"{route}.yaml")
    source, destination = Schema(source_schema(loaded.source)), Schema(destination_schema(loaded.destination))
    made = 0
    for document in await documents(*loaded.source.split(".")):
        assert source.check(document.fields) == []
        try:
            mapped = loaded.apply(document.fields)
        except MappingError:
            continue
        if mapped.skipped is None:
            misfits = destination.check(mapped.payload)
            assert {target for target, _ in misfits} <= BROKEN
            made += not misfits
    assert made >= 10


@pytest.mark.parametrize("stream", ["zefort.esigns", "zefort.activities", "example.documents"])
async def test_samples_of_streams_without_a_shipped_route_fit_too(stream):
    found = await documents(*stream.split("."))
    for document in found:
        assert Schema(source_schema(stream)).check(document.fields) == []
    assert found or stream == "zefort.esigns"
