"""The task with airbyte-cdk: a manifest as source, a Python destination. BENCH_CONFIG: default or pool.

The platform's part, to keep the last state that the destination has passed on, is played here.
"""

import json
import logging
from concurrent.futures import ThreadPoolExecutor

import requests
from airbyte_cdk.destinations import Destination
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessageSerializer,
    AirbyteStateMessageSerializer,
    ConfiguredAirbyteCatalogSerializer,
    Status,
    Type,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from mapping import CONFIG, DESTINATION, IN_FLIGHT, SOURCE, STATE, mapped
from requests.adapters import HTTPAdapter

SCHEMA = {"type": "object", "additionalProperties": True, "properties": {}}
MANIFEST = {
    "version": "6.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["documents"]},
    "streams": [
        {
            "type": "DeclarativeStream",
            "name": "documents",
            "primary_key": ["id"],
            "schema_loader": {"type": "InlineSchemaLoader", "schema": SCHEMA},
            "incremental_sync": {
                "type": "DatetimeBasedCursor",
                "cursor_field": "updatedAt",
                "datetime_format": "%Y-%m-%dT%H:%M:%SZ",
                "start_datetime": {
                    "type": "MinMaxDatetime",
                    "datetime": "2000-01-01T00:00:00Z",
                    "datetime_format": "%Y-%m-%dT%H:%M:%SZ",
                },
                "start_time_option": {
                    "type": "RequestOption",
                    "field_name": "updated_since",
                    "inject_into": "request_parameter",
                },
            },
            "retriever": {
                "type": "SimpleRetriever",
                "requester": {
                    "type": "HttpRequester",
                    "url_base": SOURCE,
                    "path": "/documents",
                    "http_method": "GET",
                },
                "record_selector": {
                    "type": "RecordSelector",
                    "extractor": {"type": "DpathExtractor", "field_path": ["items"]},
                },
                "paginator": {
                    "type": "DefaultPaginator",
                    "page_token_option": {
                        "type": "RequestOption",
                        "inject_into": "request_parameter",
                        "field_name": "page",
                    },
                    "page_size_option": {
                        "type": "RequestOption",
                        "inject_into": "request_parameter",
                        "field_name": "page_size",
                    },
                    "pagination_strategy": {"type": "PageIncrement", "start_from_page": 1, "page_size": 100},
                },
            },
        }
    ],
    "spec": {
        "type": "Spec",
        "connection_specification": {"type": "object", "properties": {}},
    },
}
CATALOG = {
    "streams": [
        {
            "stream": {
                "name": "documents",
                "json_schema": SCHEMA,
                "supported_sync_modes": ["full_refresh", "incremental"],
            },
            "sync_mode": "incremental",
            "destination_sync_mode": "append",
        }
    ]
}
session = requests.Session()
session.mount("http://", HTTPAdapter(pool_maxsize=32))


def post(document: dict) -> None:
    session.post(f"{DESTINATION}/invoices", json=mapped(document), timeout=60).raise_for_status()


class Erp(Destination):
    """Posts one document after the other, or through a pool that is empty before a state is passed on."""

    def check(self, logger, config):  # noqa: ARG002 -- part of the interface
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def write(self, config, configured_catalog, input_messages):  # noqa: ARG002 -- same
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            under_way = []
            for message in input_messages:
                if message.type == Type.RECORD and CONFIG == "pool":
                    under_way.append(pool.submit(post, message.record.data))
                elif message.type == Type.RECORD:
                    post(message.record.data)
                elif message.type == Type.STATE:
                    for each in under_way:
                        each.result()
                    under_way.clear()
                    yield message
            for each in under_way:
                each.result()


kept = STATE / "airbyte-state.json"
states = [AirbyteStateMessageSerializer.load(one) for one in json.loads(kept.read_text())] if kept.exists() else []
catalog = ConfiguredAirbyteCatalogSerializer.load(CATALOG)
config: dict = {}
source = ConcurrentDeclarativeSource(catalog=catalog, config=config, state=states, source_config=MANIFEST)
read = source.read(logging.getLogger("airbyte"), config, catalog, states)
for message in Erp().write(config, catalog, read):
    if message.type == Type.STATE:
        kept.write_text(json.dumps([AirbyteMessageSerializer.dump(message)["state"]]))
