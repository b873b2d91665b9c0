"""What an editor needs to complete, explain and check a route file: its JSON Schema (draft-07), made for one route."""

from mappings.workbench.editor.route import End, route_schema

__all__ = ["End", "route_schema"]
