"""The task with dlt: its REST source, and a custom destination that posts. BENCH_CONFIG: default, single or batch."""

from concurrent.futures import ThreadPoolExecutor

import dlt
import requests
from dlt.sources.rest_api import rest_api_source
from mapping import CONFIG, DESTINATION, IN_FLIGHT, SOURCE, STATE, mapped
from requests.adapters import HTTPAdapter

session = requests.Session()
session.mount("http://", HTTPAdapter(pool_maxsize=32))
pool = ThreadPoolExecutor(IN_FLIGHT)  # of all batches, since dlt loads several side by side
BATCH = {"default": {}, "single": {"batch_size": 1}, "batch": {"batch_size": 100}}[CONFIG]


def post(document: dict) -> None:
    session.post(f"{DESTINATION}/invoices", json=mapped(document), timeout=60).raise_for_status()


@dlt.destination(name="erp", **BATCH)
def erp(items, table) -> None:  # noqa: ARG001 -- part of the interface
    if CONFIG == "batch":
        list(pool.map(post, items))
    else:
        for item in items:
            post(item)


if CONFIG != "default":
    dlt.config["load.workers"] = IN_FLIGHT if CONFIG == "single" else 4
    dlt.config["data_writer.file_max_items"] = 100
dlt.config["runtime.dlthub_telemetry"] = False
pipeline = dlt.pipeline("task", destination=erp, pipelines_dir=str(STATE / "dlt"))
source = rest_api_source(
    {
        "client": {"base_url": SOURCE, "paginator": {"type": "page_number", "base_page": 1, "total_path": "pages"}},
        "resources": [
            {
                "name": "documents",
                "primary_key": "id",
                "endpoint": {
                    "path": "documents",
                    "params": {"page_size": 100},
                    "data_selector": "items",
                    "incremental": {
                        "start_param": "updated_since",
                        "cursor_path": "updatedAt",
                        "initial_value": "2000-01-01T00:00:00Z",
                    },
                },
            }
        ],
    }
)
pipeline.run(source).raise_on_failed_jobs()
