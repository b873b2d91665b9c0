"""The routes, their tables, and the language they are written in."""
