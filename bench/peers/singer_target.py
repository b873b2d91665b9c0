"""The destination of the task as a Singer target. BENCH_CONFIG: default (one by one) or pool (batches)."""

import sys
from concurrent.futures import ThreadPoolExecutor

import requests
from mapping import CONFIG, DESTINATION, IN_FLIGHT, mapped
from requests.adapters import HTTPAdapter
from singer_sdk import Target
from singer_sdk import typing as th
from singer_sdk.sinks import BatchSink, RecordSink

session = requests.Session()
session.mount("http://", HTTPAdapter(pool_maxsize=32))


def post(record: dict) -> None:
    session.post(f"{DESTINATION}/invoices", json=mapped(record), timeout=60).raise_for_status()


class OneByOne(RecordSink):
    """Posts each record as it comes."""

    def process_record(self, record: dict, context: dict) -> None:  # noqa: ARG002 -- part of the SDK's interface
        post(record)


class Batches(BatchSink):
    """Posts hundreds of records through a pool."""

    max_size = 500

    def process_batch(self, context: dict) -> None:
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            list(pool.map(post, context["records"]))


class TargetErp(Target):
    """The target."""

    name = "target-erp"
    config_jsonschema = th.PropertiesList().to_dict()
    default_sink_class = Batches if CONFIG == "pool" else OneByOne


if __name__ == "__main__":
    TargetErp.cli(sys.argv[1:])
