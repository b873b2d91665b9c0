"""The route language: reads route files, checks them, and applies them to documents."""

from mappings.language.draft import Draft, read_draft
from mappings.language.feedback import FeedbackRule
from mappings.language.missing import MISSING
from mappings.language.origins import Origin
from mappings.language.problems import FieldProblem, MappingError, Problem, RouteError, suggestion
from mappings.language.recording import TableRow
from mappings.language.route import Mapped, Route, load_bundle, load_route
from mappings.language.schema import Schema
from mappings.language.shapes import shape_of

__all__ = [
    "MISSING",
    "Draft",
    "FeedbackRule",
    "FieldProblem",
    "Mapped",
    "MappingError",
    "Origin",
    "Problem",
    "Route",
    "RouteError",
    "Schema",
    "TableRow",
    "load_bundle",
    "load_route",
    "read_draft",
    "shape_of",
    "suggestion",
]
