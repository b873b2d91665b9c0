"""The source of the task as a Singer tap."""

import sys

from mapping import SOURCE
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import BasePageNumberPaginator

_LINE = th.ObjectType(additional_properties=True)


class Pages(BasePageNumberPaginator):
    """Page numbers up to what the source says."""

    def has_more(self, response) -> bool:
        return response.json()["pages"] > self.current_value


class Documents(RESTStream):
    """All documents, by the moment of their latest change."""

    name = "documents"
    path = "/documents"
    url_base = SOURCE
    primary_keys = ("id",)
    replication_key = "updatedAt"
    is_sorted = True
    records_jsonpath = "$.items[*]"
    schema = th.PropertiesList(
        th.Property("id", th.StringType),
        th.Property("updatedAt", th.DateTimeType),
        *(
            th.Property(name, th.StringType)
            for name in ("invoiceNumber", "issuedAt", "dueAt", "currency", "total", "tax", "costCenter", "note")
        ),
        th.Property("supplier", _LINE),
        th.Property("items", th.ArrayType(_LINE)),
        th.Property("files", th.ArrayType(_LINE)),
    ).to_dict()

    def get_new_paginator(self) -> Pages:
        return Pages(1)

    def get_url_params(self, context, next_page_token) -> dict:
        since = self.get_starting_timestamp(context)
        return {
            "page": next_page_token or 1,
            "page_size": 100,
            **({"updated_since": since.strftime("%Y-%m-%dT%H:%M:%SZ")} if since else {}),
        }


class TapShop(Tap):
    """The tap."""

    name = "tap-shop"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self) -> list:
        return [Documents(self)]


if __name__ == "__main__":
    TapShop.cli(sys.argv[1:])
