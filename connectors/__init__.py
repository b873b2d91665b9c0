"""Connectors: one folder per provider, and what they share (contract, errors, HTTP, settings, sandboxes)."""
