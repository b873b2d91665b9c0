"""Identifiers and codes of the trade, normalised and validated by libraries that others keep up to date."""
