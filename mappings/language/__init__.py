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
from mappings.language.two_way import HOLD, NEWEST, TwoWay, pair_faults

__all__ = [
    "HOLD",
    "MISSING",
    "NEWEST",
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
    "TwoWay",
    "load_bundle",
    "load_route",
    "pair_faults",
    "read_draft",
    "shape_of",
    "suggestion",
]
