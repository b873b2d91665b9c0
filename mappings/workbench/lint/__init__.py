"""`docferry map lint`: what is wrong with a route, or hardly meant so, before a document meets it."""

from mappings.workbench.lint.findings import CODES, Code, Finding, Severity
from mappings.workbench.lint.github import annotation
from mappings.workbench.lint.linter import Known, lint
from mappings.workbench.lint.sarif import sarif

__all__ = ["CODES", "Code", "Finding", "Known", "Severity", "annotation", "lint", "sarif"]
